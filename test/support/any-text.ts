import fc from 'fast-check'

/** Any code point, lone surrogates included. fast-check's own unit for this takes seconds to build. */
export const anyCharacter = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0x10ffff }))
  .map(codePoint => String.fromCodePoint(codePoint))
