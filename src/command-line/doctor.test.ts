import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Finding } from '../application/diagnose.ts'
import { parseDoctorCommand } from './doctor.ts'

const FINDINGS: Finding[] = [
  { check: 'database', state: 'ok', found: 'PostgreSQL 18.1 at db:5432' },
  { check: 'clock', state: 'warning', found: 'off by 5 s', remedy: 'Set it.' },
  { check: 'mail', state: 'failed', found: 'smtp 535 to AUTH PLAIN', remedy: 'Correct SMTP_URL.' },
  { check: 'redis', state: 'skipped', found: 'not used' },
]

const run = (args: string[], findings = FINDINGS) => {
  const command = parseDoctorCommand(args)
  assert.ok(command, args.join(' '))
  return command(async () => findings)
}

describe('vestibule doctor', () => {
  it('prints a table of what it has found, below each trouble what to do, and how many there are', async () => {
    assert.deepEqual(await run([]), {
      output: `ok       database  PostgreSQL 18.1 at db:5432
warning  clock     off by 5 s
         → Set it.
failed   mail      smtp 535 to AUTH PLAIN
         → Correct SMTP_URL.
skipped  redis     not used

1 failed, 1 warning.
`,
      exitCode: 1,
    })
  })

  it('ends with 0 when there are warnings only, and says so when all is well', async () => {
    const warned = await run([], FINDINGS.slice(0, 2))
    assert.deepEqual([warned.exitCode, /\n0 failed, 1 warning\.\n$/.test(warned.output)], [0, true])
    const well = await run([], FINDINGS.slice(0, 1))
    assert.deepEqual([well.exitCode, /\nAll is well\.\n$/.test(well.output)], [0, true])
  })

  it('prints JSON with --json', async () => {
    const { output, exitCode } = await run(['--json'])
    assert.equal(exitCode, 1)
    const { ok, findings } = JSON.parse(output)
    assert.equal(ok, false)
    assert.deepEqual(findings.slice(0, 2), [
      { check: 'database', state: 'ok', found: 'PostgreSQL 18.1 at db:5432', remedy: null },
      { check: 'clock', state: 'warning', found: 'off by 5 s', remedy: 'Set it.' },
    ])
  })

  for (const args of [['now'], ['--fix'], ['--json=yes']]) {
    it(`does not understand: ${['doctor', ...args].join(' ')}`, () => {
      assert.equal(parseDoctorCommand(args), undefined)
    })
  }
})
