/** The lightest parameters Argon2 takes: most tests are not about what a hash costs. */
export const CHEAP_HASHES = { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1' }

/** Tests run side by side on small machines: only those about being refused in time shorten these again. */
export const PATIENT = { DATABASE_TIMEOUT_MS: '20000', HASH_QUEUE_MS: '60000' }
