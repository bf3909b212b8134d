import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { startChildScript } from '../support/child-script.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { CHEAP_HASHES, NO_METRICS, PATIENT } from '../support/settings.ts'
import { signUpActive } from '../support/sign-up.ts'

describe('the service without OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let database: TestDatabase
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  /** The packages of OpenTelemetry that a service which has started has loaded. */
  const packagesLoaded = async (env: Record<string, string>): Promise<string[]> => {
    const [app, config] = ['app', 'config'].map(name => import.meta.resolve(`../../src/${name}.ts`))
    const settings = {
      DATABASE_URL: database.url,
      SECRET_KEY: TEST_SECRET_KEY,
      PORT: '0',
      LOG_LEVEL: 'silent',
      ...NO_METRICS,
      ...CHEAP_HASHES,
      ...PATIENT,
      ...env,
    }
    const child = await startChildScript(`
      const found = new Set()
      require('node:module').registerHooks({
        resolve: (specifier, context, next) => {
          const resolved = next(specifier, context)
          const [, name] = /[/]node_modules[/](@opentelemetry[/][^/]+)[/]/.exec(resolved.url) ?? []
          if (name) found.add(name)
          return resolved
        },
      })
      const run = async () => {
        const { createApp } = await import(${JSON.stringify(app)})
        const { readConfig } = await import(${JSON.stringify(config)})
        await createApp(readConfig(${JSON.stringify(settings)}, false), '.data').start()
        console.log(JSON.stringify([...found]))
      }
      run().catch(error => { console.error(error); process.exit(1) })
    `)
    await child.kill()
    return JSON.parse(child.said)
  }

  it('loads nothing of OpenTelemetry but what the metrics bring along', async () => {
    assert.deepEqual(await packagesLoaded({}), ['@opentelemetry/api'])
    const traced = await packagesLoaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
    assert.ok(traced.includes('@opentelemetry/sdk-trace-base'))
  })

  it('writes no trace into rows, events and the log, whatever the caller sends', async () => {
    const app = await startApp()
    const { id } = await signUpActive(app)
    await app.logLine({ msg: 'user.activated', event: { subject: id } })
    await fetch(`${app.url}/users/me`, {
      headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    })
    await app.stop()
    assert.doesNotMatch(JSON.stringify(app.logged), /trace/)
  })
})
