/** Follows names and indexes into JSON that may be of any shape. */
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string | number, unknown>)[key]
        : undefined,
    value,
  )

/**
 * Whether the text of a validation error is about the sender, who is the same for all mails, and no fault of
 * this one: "Invalid `from` field", "Error parsing 'From': …". Only a field that is named before anything is
 * quoted counts, or a stranger could register as from@example.com and make every error look like one.
 */
export const blamesSender = (text: unknown): boolean =>
  typeof text === 'string' && /^[a-z ]{0,30}['"`]?\bfrom['"`]?[ :]/i.test(text)
