import type { CommandResult } from '../../src/command-line/output.ts'
import { readConfig } from '../../src/config.ts'
import { doctor, outbox, users } from '../../src/operator.ts'

const COMMANDS = { doctor, outbox, users }

/**
 * What a command of the operator answers, in this process. `run` of command.ts is for what a process adds to that:
 * its streams and exit code, its log, its clock. Starting one costs a second of a core.
 */
export const askOperator = (
  command: keyof typeof COMMANDS,
  args: string[],
  env: Record<string, string>,
): Promise<CommandResult> => COMMANDS[command](() => readConfig(env, false), '.data', args)
