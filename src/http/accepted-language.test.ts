import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { acceptedLanguage } from './accepted-language.ts'

describe('acceptedLanguage', () => {
  const long = (length: number) => `fr${' '.repeat(length - 2)}`
  const headers: [accepted: string | undefined, language: string][] = [
    [undefined, 'en'],
    ['', 'en'],
    ['fr', 'fr'],
    ['fr-CA, en;q=0.8', 'fr'],
    ['en;q=0.2, fr;q=0.9', 'fr'],
    ['de', 'en'],
    ['*', 'en'],
    [long(1000), 'fr'],
    [long(1001), 'en'],
  ]
  for (const [accepted, language] of headers) {
    it(`is ${language} for ${accepted?.length} characters: ${accepted?.trim()}`, () => {
      const asked = acceptedLanguage({ headers: { 'accept-language': accepted } }, ['en', 'fr'])
      assert.equal(asked, language)
    })
  }

  it('is the first there is when the header is missing', () => {
    assert.equal(acceptedLanguage({ headers: {} }, ['fr', 'en']), 'fr')
  })
})
