/** Test files that docs/specification.md has no chapter for, by the reason. What ends in a slash is a folder. */
export const LEFT_OUT: Record<string, string[]> = {
  'the parts of what is described, each on its own': [
    'src/application/',
    'src/command-line/',
    'src/domain/',
    'src/http/',
    'src/infrastructure/audit-log.test.ts',
    'src/infrastructure/crypto/',
    'src/infrastructure/embedded/',
    'src/infrastructure/limits/',
    'src/infrastructure/mail/transport.test.ts',
    'src/infrastructure/postgres/',
    'test/codes/',
    'test/postgres/',
    'test/redis/',
  ],
  'tests of tests, benchmarks and documents': [
    'test/bench/',
    'test/chaos/',
    'test/readme.test.ts',
    'test/specification.test.ts',
  ],
}
