import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHttpWorld } from '../../test/support/http-world.ts'

describe('the documentation', { timeout: 30_000 }, () => {
  it('is at /docs, in the colours of the sign-up form, and lets people try things out', async t => {
    const { client, url } = await startHttpWorld(t, { docs: true })
    const page = await client.ask('GET', '/docs/')
    assert.equal(page.status, 200)
    const html = String(page.body.text)
    assert.match(html, /<title>Vestibule API<\/title>/)
    const icon = /<link rel="icon" type="image\/svg\+xml" href="([^"]*logo\.svg)" sizes="any"/.exec(html)?.[1]
    assert.ok(icon, html)
    const logo = await fetch(new URL(icon, `${url}/docs/`))
    assert.equal(await logo.text(), String((await client.ask('GET', '/web/logo.svg')).body.text))
    const theme = /href="([^"]*theme\.css)"/.exec(html)?.[1] ?? ''
    const style = await (await fetch(new URL(theme, `${url}/docs/`))).text()
    assert.ok(style.includes(String((await client.ask('GET', '/web/theme.css')).body.text)))
    assert.match(style, /\.swagger-ui .*var\(--accent\)/)
    const script = String((await client.ask('GET', '/docs/static/swagger-initializer.js')).body.text)
    assert.match(script, /"layout":\s*"BaseLayout"/)
    assert.match(script, /"tryItOutEnabled":\s*true/)
    assert.match(script, /"displayRequestDuration":\s*true/)
    assert.match(script, /"defaultModelExpandDepth":\s*2/)
    assert.match(script, /"defaultModelsExpandDepth":\s*0/)
  })

  it('is not there where it is switched off', async t => {
    const { client } = await startHttpWorld(t)
    assert.equal((await client.ask('GET', '/docs/')).status, 404)
  })
})
