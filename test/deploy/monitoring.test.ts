import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { skipWithout } from '../support/programs.ts'
import { signUp, signUpActive } from '../support/sign-up.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

const ALERTS = 'deploy/prometheus/alerts.yml'
const DASHBOARD = 'deploy/grafana/vestibule.json'

/** A rule of the alerts, as text. */
const rules = read(ALERTS)
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map(text => ({ name: /^\w+/.exec(text)?.[0] ?? '', text }))

type Panel = { title: string; targets: { expr: string }[] }
const panels: Panel[] = JSON.parse(read(DASHBOARD)).panels

const expressions = new Map<string, string>([
  ...rules.map(({ name, text }) => [name, text] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
])

describe('the alerts and the dashboard in deploy/', { timeout: 60_000 }, () => {
  let app: RunningApp
  /** Names of the series there are, and for each label the values that it has anywhere. */
  const series = new Set<string>()
  const labels = new Map<string, Set<string>>()

  before(async () => {
    const port = await freePort()
    app = await startApp({ env: { METRICS_PORT: String(port) } })
    // Some series appear with what they count: an activation, and a limit that is hit.
    await signUpActive(app)
    const { email } = await signUp(app)
    assert.equal((await createClient(app.url).resend(email)).status, 429)
    await app.logLine({ msg: 'event handed over' })
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    for (const [, name = '', inBraces = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
      series.add(name)
      for (const [, label = '', value = ''] of inBraces.matchAll(/(\w+)="([^"]*)"/g)) {
        labels.set(label, (labels.get(label) ?? new Set()).add(value))
      }
    }
    for (const [, name = ''] of text.matchAll(/^# TYPE (\w+) counter$/gm)) series.add(name)
  })
  after(() => app.stop())

  for (const [name, expression] of expressions) {
    it(`query metrics that exist: ${name}`, () => {
      const queried = [...expression.matchAll(/\b(vestibule|nodejs|process)_\w+/g)].map(([metric]) => metric)
      const asked = queried.filter(metric => metric !== 'vestibule')
      assert.ok(asked.length > 0 || name === 'VestibuleDown', expression)
      for (const metric of asked) assert.ok(series.has(metric), metric)
    })

    it(`select and group by labels that exist: ${name}`, () => {
      for (const [, label = ''] of expression.matchAll(/[{,](\w+)(?:=~?|!=)"/g)) {
        assert.ok(labels.has(label) || label === 'job', label)
      }
      for (const [, list = ''] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
        for (const label of list.split(', ')) assert.ok(labels.has(label), label)
      }
    })
  }

  it('select routes, topics, classes, results and outcomes that exist', () => {
    for (const [name, expression] of expressions) {
      for (const [, label = '', , value = ''] of expression.matchAll(/[{,](\w+)(=~?)"([^"]*)"/g)) {
        if (label === 'job' || label === 'status') continue
        for (const one of value.split('|')) assert.ok(labels.get(label)?.has(one), `${name}: ${label}=${one}`)
      }
    }
  })

  it('have an entry in the runbook for each alert, and an alert for each entry', () => {
    const runbook = read('docs/operations.md')
    const entries = [...runbook.matchAll(/^### (Vestibule\w+)$/gm)].map(([, name]) => name)
    assert.deepEqual(
      rules.map(({ name }) => name),
      entries,
    )
    for (const { name, text } of rules) {
      assert.match(text, new RegExp(`runbook: docs/operations.md#${name.toLowerCase()}$`, 'm'))
      assert.match(text, /severity: (page|ticket)/)
    }
  })

  const installed = spawnSync('promtool', ['--version']).status === 0
  const skip = skipWithout(installed, 'there is no promtool here: apt-get install prometheus')
  it('are taken by promtool', { skip }, () => {
    const promtool = (...args: string[]) => execFileSync('promtool', args, { cwd: ROOT, encoding: 'utf8' })
    assert.match(promtool('check', 'rules', ALERTS), new RegExp(`SUCCESS: ${rules.length} rules found`))
    assert.match(promtool('check', 'config', 'deploy/prometheus/prometheus.yml'), /SUCCESS/)
  })
})
