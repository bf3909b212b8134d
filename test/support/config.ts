import assert from 'node:assert/strict'
import { ConfigError, readConfig } from '../../src/config.ts'

export const KEY = 'a-key-for-tests-and-for-nothing-but-tests'

/** The least that production needs. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://vestibule@db.example/vestibule',
  SECRET_KEY: KEY,
  MAIL_TRANSPORT: 'smtp',
}

export const read = (env: NodeJS.ProcessEnv, isTerminal = false) => readConfig(env, isTerminal)

/** What a `ConfigError` says of these variables; nothing when they are usable. */
export const messageOf = (env: NodeJS.ProcessEnv): string => {
  try {
    read(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
  return ''
}

/** The names of the variables that are complained about, in order. */
export const complaints = (env: NodeJS.ProcessEnv): string[] =>
  messageOf(env)
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(' ', 1)[0] ?? '')
