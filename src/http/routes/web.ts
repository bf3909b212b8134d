import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import mustache from 'mustache'
import { PASSWORD_PATTERNS } from '../../domain/password.ts'
import { acceptedLanguage } from '../accepted-language.ts'

/** What the pages say that is not the same everywhere. */
export type WebSettings = {
  publicUrl: string
  /** Who signs people up: the name that the mails speak of. */
  sender: string
  /** The subject of the mail with the code, in a language (BCP 47). */
  subject: (language: string) => string
  /** Where the local mailbox is, in development. */
  mailboxUrl: string | undefined
  /** Where somebody goes whose account is active now. */
  afterActivationUrl: string | undefined
}

const FOLDER = new URL('../../web/', import.meta.url)
const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Those that there are words in; the first one is for browsers that ask for none of them. */
const LANGUAGES = ['en', 'fr'] as const

type File = { type: string; text: string; etag: string }

/** `GET /`, the sign-up form, and the files it is made of, as they are in `src/web`. */
export const webPages = (server: FastifyInstance, settings: WebSettings): void => {
  const files = new Map(
    readdirSync(FOLDER).flatMap(name => {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
      return type ? [[name, asFile(type, read(name))]] : []
    }),
  )
  const modules = [...files.keys()].filter(name => name.endsWith('.js') && name !== 'app.js')
  const pages = new Map(LANGUAGES.map(language => [language, page(language, modules, settings)]))

  server.get('/', { schema: { hide: true } }, (request, reply) => {
    const language = acceptedLanguage(request, LANGUAGES) as (typeof LANGUAGES)[number]
    reply.header('vary', 'accept-language').header('content-language', language)
    return send(request, reply, pages.get(language))
  })
  server.get<{ Params: { name: string } }>('/web/:name', { schema: { hide: true } }, (request, reply) =>
    send(request, reply, files.get(request.params.name)),
  )
}

const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8')

const page = (language: string, modules: string[], settings: WebSettings): File => {
  const { messages, problems, rules, ...words } = JSON.parse(read(`words/${language}.json`))
  const view = {
    lang: language,
    dir: new Intl.Locale(language).getTextInfo().direction ?? 'ltr',
    words,
    messages: attribute({ messages, problems, rules }),
    passwordRules: attribute(PASSWORD_PATTERNS),
    modules,
    publicUrl: settings.publicUrl,
    sender: settings.sender,
    subject: settings.subject(language),
    mailbox: settings.mailboxUrl,
    afterActivation: settings.afterActivationUrl,
  }
  return asFile('text/html; charset=utf-8', mustache.render(read('index.html'), view))
}

/** JSON for an attribute in single quotes, where it needs fewer escapes than Mustache would make. */
const attribute = (value: object): string =>
  JSON.stringify(value).replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('<', '&lt;')

const asFile = (type: string, text: string): File => ({
  type,
  text,
  etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`,
})

/** A browser may keep a file, and asks each time whether it is still the same: a new version is seen at once. */
const send = (
  request: FastifyRequest,
  reply: FastifyReply,
  file: File | undefined,
): FastifyReply | undefined => {
  if (!file) {
    reply.callNotFound()
    return undefined
  }
  reply.header('cache-control', 'no-cache').header('etag', file.etag)
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  return reply.type(file.type).send(file.text)
}
