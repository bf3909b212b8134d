import { execFile } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs programs that refuse to be run by root. */
export type Unprivileged = {
  /** Runs a program to its end. Rejects, with what it printed, unless it succeeds. */
  run: (path: string, args: string[]) => Promise<void>
  /** Makes a file or folder belong to whom the programs run as. */
  give: (path: string) => Promise<void>
}

/**
 * Runs programs as they are, unless this process is root: then as `nobody`. In a user namespace of its own, if
 * the machine allows one, `nobody` is root under another name, who may enter every folder of root's, such as
 * /root or a fresh temporary one. Else it is the real one, whom the path to the programs and the data must let
 * pass. What `folder` belongs to already decides, since the two cannot read each other's files.
 */
export const unprivileged = async (folder: string): Promise<Unprivileged> => {
  if (process.getuid?.() !== 0) return { run: runAs({}), give: async () => {} }

  const [uid, gid] = await Promise.all([idOf('-u'), idOf('-g')])
  const namespace = ['--user', `--map-user=${uid}`, `--map-group=${gid}`]
  const owner = await stat(folder).then(
    ({ uid }) => uid,
    () => undefined,
  )
  const allowed = await succeeds(execute('unshare', [...namespace, 'true']))
  if (owner === 0 || (owner === undefined && allowed)) {
    const run = runAs({})
    return { run: (path, args) => run('unshare', [...namespace, path, ...args]), give: async () => {} }
  }
  const run = runAs({ uid, gid })
  return {
    run: (path, args) =>
      run(path, args).catch(cause => {
        if (cause.code !== 'EACCES') throw cause
        throw new Error(`root runs ${path} as nobody, who may not enter one of the folders above it`, {
          cause,
        })
      }),
    give: path => chown(path, uid, gid),
  }
}

const idOf = async (flag: '-u' | '-g'): Promise<number> =>
  Number((await execute('id', [flag, 'nobody'])).stdout)

const runAs =
  (identity: { uid?: number; gid?: number }) =>
  async (path: string, args: string[]): Promise<void> => {
    await execute(path, args, { ...identity, cwd: '/', env: { ...process.env, LC_ALL: 'C' } })
  }

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )
