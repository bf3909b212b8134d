/** Prints one figure under its name. */
export const say = (name: string, figure: string): void => {
  process.stdout.write(`${name.padEnd(16)} ${figure}\n`)
}

export const share = (part: number): string => `${(part * 100).toFixed(1)} %`
