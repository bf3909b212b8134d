import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'

/** Runs a few lines with a JSON log in a process of its own, and returns the lines that it wrote. */
const linesOf = (script: string): string[] => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', PREAMBLE + script], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout.trimEnd().split('\n')
}

const PREAMBLE = `
  import { createLog } from ${JSON.stringify(import.meta.resolve('./log.ts'))}
  const log = createLog({ level: 'info', format: 'json' })
  for (let n = 0; n < 5000; n += 1) log.info({ n }, 'a line')
`

describe('the JSON log', () => {
  for (const [how, script] of [
    ['comes to its end', ''],
    ['exits', 'process.exit(0)'],
    ['dies of an error', `throw new Error('nobody catches this')`],
    ['dies of a rejected promise', `await Promise.reject(new Error('nobody catches this'))`],
  ] as const) {
    it(`is whole and in order when the process ${how}`, () => {
      const numbers = linesOf(script).map(line => JSON.parse(line).n)
      assert.deepEqual(
        numbers,
        Array.from({ length: 5000 }, (_, n) => n),
      )
    })
  }

  it('leaves out a password, code or authorization that is logged by mistake', () => {
    const script = `log.info({ password: 'S3cret', user: { code: '0042', authorization: 'Basic abc' } }, 'oops')`
    const line = linesOf(script).at(-1) ?? ''
    assert.match(line, /oops/)
    assert.doesNotMatch(line, /S3cret|0042|Basic abc/)
  })
})
