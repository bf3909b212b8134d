import { existsSync } from 'node:fs'
import { skipWithout } from './programs.ts'

/** Where Debian and its relatives, and others, have it. */
const LIBRARIES = [
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketimeMT.so.1`,
  '/usr/lib64/faketime/libfaketimeMT.so.1',
  '/usr/lib/faketime/libfaketimeMT.so.1',
]
const library = LIBRARIES.find(existsSync)

export const noFaketime = skipWithout(library !== undefined, 'needs libfaketime (apt-get install faketime)')

/** The environment of a process whose clock is off by so much, as `-5m`; what measures durations is not. */
export const clockOffBy = (offset: string): Record<string, string> => {
  if (library === undefined) throw new Error('libfaketime is not installed (apt-get install faketime)')
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}
