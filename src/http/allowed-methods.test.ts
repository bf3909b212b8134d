import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import fastify from 'fastify'
import { collectMethods, pathOf } from './allowed-methods.ts'

describe('collectMethods', () => {
  let methodsOf: (url: string) => string[]
  before(() => {
    const server = fastify({ exposeHeadRoutes: false })
    methodsOf = collectMethods(server)
    const answer = async () => 'well'
    server.get('/users', answer)
    server.post('/users', answer)
    server.route({
      method: ['GET', 'HEAD'],
      url: '/users',
      handler: answer,
      constraints: { version: '2.0.0' },
    })
    server.get('/users/:id', answer)
    server.delete('/users/:id/codes/:code', answer)
    server.put('/files/*', answer)
    server.get('/openapi.json', answer)
  })

  const paths: [url: string, methods: string[]][] = [
    ['/users', ['GET', 'POST', 'HEAD']],
    ['/users?a=/users/1', ['GET', 'POST', 'HEAD']],
    ['/%75sers', ['GET', 'POST', 'HEAD']],
    ['http://localhost:8000/users', ['GET', 'POST', 'HEAD']],
    ['/users/1', ['GET']],
    ['/users/1/codes/2', ['DELETE']],
    ['/users/1/2', []],
    ['/users/', []],
    ['/users/1/', []],
    ['/x/users', []],
    ['/files/a/b', ['PUT']],
    ['/files/', ['PUT']],
    ['/files/%ff', ['PUT']],
    ['/openapi.json', ['GET']],
    ['/openapi-json', []],
    ['/%ff', []],
    ['/', []],
  ]
  for (const [url, methods] of paths) {
    it(`finds ${methods.join(', ') || 'none'} for ${url}`, () => assert.deepEqual(methodsOf(url), methods))
  }

  it('reads signs of regular expressions in a path as they are', () => {
    const server = fastify()
    const methods = collectMethods(server)
    server.post('/a+(b)', async () => 'well')
    assert.deepEqual(methods('/aab'), [])
  })
})

describe('pathOf', () => {
  const targets: [target: string, path: string][] = [
    ['/users', '/users'],
    ['/users?q=1?2', '/users'],
    ['/users?q=1\n2', '/users'],
    ['http://localhost:8000/users', '/users'],
    ['HTTPS://localhost/users?q', '/users'],
    ['http://localhost?q', ''],
    ['/go/http://localhost/users', '/go/http://localhost/users'],
  ]
  for (const [target, path] of targets) {
    it(`of ${JSON.stringify(target)} is ${path}`, () => assert.equal(pathOf(target), path))
  }
})
