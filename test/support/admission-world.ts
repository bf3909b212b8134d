import { createAdmission, type Urgency } from '../../src/infrastructure/crypto/hash-admission.ts'

/** An admission whose work begins when its turn comes and ends when the test says so, after `tookMs`. */
export const admissionWorld = (options: { concurrency: number; queueMs: number }) => {
  let nowMs = 0
  const observed: string[] = []
  const observer = {
    waited: () => {},
    took: () => observed.push('took'),
    refused: (urgency: Urgency) => observed.push(`refused ${urgency}`),
  }
  const { admit, hasRoom } = createAdmission({ ...options, nowMs: () => nowMs, observer })
  const begun: string[] = []
  const ends = new Map<string, () => void>()

  const ask = (name: string, urgency: Urgency = 'later', gone?: AbortSignal) =>
    admit(
      urgency,
      () => {
        begun.push(name)
        return new Promise<string>(resolve => ends.set(name, () => resolve(name)))
      },
      gone,
    )

  const finish = async (name: string, tookMs = 0): Promise<void> => {
    nowMs += tookMs
    ends.get(name)?.()
    await new Promise(setImmediate)
  }

  return { admit, hasRoom, ask, finish, begun, observed }
}

/** True when it has been refused by now, and does not wait. */
export const isRefused = async (outcome: Promise<{ ok: boolean }>): Promise<boolean> => {
  const waits = Symbol()
  const first = await Promise.race([outcome, new Promise(resolve => setImmediate(resolve, waits))])
  return first !== waits && !(first as { ok: boolean }).ok
}
