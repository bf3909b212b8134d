// The import law of docs/architecture.md. It has no exemptions: where it is in the way, the code is in the wrong room.

const layer = name => `^src/${name}/`

const mayImportOnly = (from, ...allowed) => ({
  name: `${from}-imports-only-${allowed.join('-and-') || 'itself'}`,
  severity: 'error',
  from: { path: layer(from) },
  to: { path: '^src/', pathNot: [layer(from), ...allowed.map(layer)] },
})

export default {
  forbidden: [
    mayImportOnly('domain'),
    mayImportOnly('application', 'domain'),
    mayImportOnly('infrastructure', 'application', 'domain'),
    mayImportOnly('http', 'application', 'domain'),
    mayImportOnly('command-line', 'application', 'domain'),
    {
      name: 'infrastructure-takes-only-types-from-application',
      severity: 'error',
      from: { path: layer('infrastructure'), pathNot: '\\.test\\.ts$' },
      to: { path: layer('application'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'domain-and-application-use-no-packages',
      severity: 'error',
      comment: 'node:url is allowed in the domain: it holds the IDNA algorithm, and does no I/O.',
      from: { path: [layer('domain'), layer('application')], pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: '^(node:)?url$' },
    },
    {
      name: 'only-app-and-operator-know-everyone',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(app|operator|main)\\.ts$' },
    },
    {
      name: 'only-app-and-operator-wire',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app\\.ts$|operator\\.ts$|wiring/)' },
      to: { path: layer('wiring') },
    },
    {
      name: 'config-imports-nothing-else',
      severity: 'error',
      from: { path: '^src/config(/|\\.ts$)' },
      to: { path: '^src/', pathNot: '^src/config(/|\\.ts$)' },
    },
    {
      name: 'nobody-looks-behind-config',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/config(/|\\.ts$)' },
      to: { path: layer('config') },
    },
    {
      name: 'main-imports-only-app-operator-and-config',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(app|operator|config)\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: '\\.(test|d)\\.ts$|^src/main\\.ts$|/mailbox-process\\.ts$',
      },
      to: {},
    },
    {
      name: 'production-code-imports-no-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: ['\\.test\\.ts$', '^test/'] },
    },
    {
      name: 'what-is-imported-is-declared',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default', 'types'],
    },
  },
}
