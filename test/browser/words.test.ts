import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { PASSWORD_PATTERNS } from '../../src/domain/password.ts'
import { PROBLEMS } from '../../src/http/problems.ts'

const FOLDER = new URL('../../src/web/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8')

type Words = { [name: string]: string | Words }

/** `messages.attempts_left` and the like. Forms of the plural are the business of each language. */
const keysOf = (words: Words, before = ''): string[] =>
  Object.entries(words).flatMap(([name, word]) =>
    typeof word === 'string' || 'other' in word ? [before + name] : keysOf(word, `${before}${name}.`),
  )

const placeholdersOf = (word: unknown): string[] =>
  [...new Set(JSON.stringify(word).match(/\{\w+\}/g))].sort()

const ENGLISH = JSON.parse(read('words/en.json'))
const languages = readdirSync(new URL('words/', FOLDER))

describe('the words of the page', () => {
  for (const file of languages) {
    it(`are the same in every language, placeholders included: ${file}`, () => {
      const words = JSON.parse(read(`words/${file}`))
      assert.deepEqual(keysOf(words), keysOf(ENGLISH))
      for (const [name, word] of Object.entries(words.messages)) {
        assert.deepEqual(placeholdersOf(word), placeholdersOf(ENGLISH.messages[name]), name)
      }
      // They stand in an attribute as they are.
      const { messages, problems, rules } = words
      assert.doesNotMatch(JSON.stringify({ messages, problems, rules }), /['&<]/)
    })

    it(`name the same numbers as the rules they speak of: ${file}`, () => {
      const { rules } = JSON.parse(read(`words/${file}`))
      for (const { rule, detail } of PASSWORD_PATTERNS) {
        if (rules[rule]) assert.deepEqual(rules[rule].match(/\d+/g), detail.match(/\d+/g), rule)
      }
    })
  }

  it('are all used', () => {
    const scripts = readdirSync(FOLDER)
      .filter(name => name.endsWith('.js'))
      .map(read)
      .join()
    const html = read('index.html')
    const { messages, problems, rules, ...inPage } = ENGLISH
    for (const key of keysOf(inPage)) assert.ok(html.includes(`{{words.${key}}}`), key)
    for (const name of Object.keys(messages)) assert.ok(scripts.includes(`'${name}'`), name)
    const codes = [...Object.keys(PROBLEMS), 'offline', 'gone', 'other']
    for (const code of Object.keys(problems)) assert.ok(codes.includes(code), code)
    for (const rule of Object.keys(rules)) assert.match(rule, /^(email|password)_/)
  })

  it('are all there', () => {
    const html = read('index.html')
    for (const [, key] of html.matchAll(/\{\{words\.([\w.]+)\}\}/g))
      assert.ok(keysOf(ENGLISH).includes(String(key)), key)
    const scripts = readdirSync(FOLDER)
      .filter(name => name.endsWith('.js'))
      .map(read)
      .join()
    for (const [, name] of scripts.matchAll(/message\('(\w+)'/g))
      assert.ok(ENGLISH.messages[String(name)], name)
  })
})
