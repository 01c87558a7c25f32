import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBroker } from '../../src/lib/adapters/brokers/registry.ts'
import { createOrderGenerator } from '../../src/lib/workloads/orders/order-generator.ts'
import { findChromium } from '../support/chromium.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import { startServer } from '../support/http/local-server.ts'

const executablePath = findChromium()
const generator = createOrderGenerator('page')
const hostile = '<img src=x onerror=alert(1)>'

const orders = Array.from({ length: 3 }, (_, index) => generator.at(index))
/** Rows that somebody stored past the API. */
const foreign: Record<string, unknown> = {
  hello: { hello: 1 },
  list: [1, { a: null }, [2]],
  number: 7,
  wrong: {
    payment: { payment_dt: 1e99 },
    delivery: null,
    items: [{ a: 1 }, { b: hostile }],
    deep: { er: { est: [] } },
  },
}

const odd = { ...generator.at(3), delivery: { ...generator.at(3).delivery, name: hostile }, items: [] }

describe.skipIf(executablePath === null)('the page of orders in Chromium', () => {
  let browser: Browser
  let work: CliSandbox
  let api: RunningCli
  let origin: string

  beforeAll(async () => {
    work = await createSandbox()
    const env = { RUSHBENCH_WORKLOAD: 'orders' }
    await work.run(['migrate'], env)
    const database = new DatabaseSync(`${work.folder}/.rushbench/rushbench.db`)
    const insert = database.prepare('insert into orders (order_uid, body) values (?, ?)')
    for (const [uid, body] of Object.entries(foreign)) insert.run(uid, JSON.stringify(body))
    database.close()
    await using broker = await openBroker(`sqlite:${work.folder}/.rushbench/broker.db`)
    const all = [...orders, odd]
    await broker.publish(
      'orders',
      all.map((order) => ({ key: '', value: Buffer.from(JSON.stringify(order)) })),
    )
    api = work.start(['start', '--port', '0'], env)
    origin = (await api.waitFor(/Listening on (\S+)/))[1]!
    for (;;) {
      const { count } = (await (await fetch(`${origin}/digest`)).json()) as { count: number }
      if (count === all.length + Object.keys(foreign).length) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser.close()
    api.child.kill('SIGTERM')
    if (api.child.exitCode === null) await once(api.child, 'exit')
    await work[Symbol.asyncDispose]()
  })

  /** Opens the page; nothing that it says to the console, throws, or asks somebody else for is left unsaid. */
  async function open(path = '/', options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
    const complaints: string[] = []
    // The browser itself writes down every 404, also one that is looked for.
    page.on('console', (message) => {
      if (!message.text().includes('404 (Not Found)')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => complaints.push(dialog.message()))
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) complaints.push(request.url())
    })
    await page.goto(origin + path)
    return { page, complaints }
  }

  const status = (page: Page) => page.locator('[role=status]')

  it('finds an order by keyboard alone, and lays all of it out', async () => {
    const { page, complaints } = await open()
    const order = orders[1]!
    await page.locator('#uid:focus').waitFor()
    await page.keyboard.type(order.order_uid)
    await page.keyboard.press('Enter')
    await page.locator('#order:not([hidden])').waitFor()
    expect(await status(page).textContent()).toBe(`Order ${order.order_uid}`)
    const text = await page.locator('#order').innerText()
    const { delivery, payment, items, ...rest } = order
    const shown = [rest, delivery, payment, ...items].flatMap((part) => Object.entries(part))
    for (const [name, value] of shown) {
      if (value !== '' && name !== 'payment_dt') expect(text).toContain(String(value))
    }
    expect(text).toContain(new Date(payment.payment_dt * 1000).toISOString().slice(0, 19).replace('T', ' '))
    expect(await page.locator('tr').count()).toBe(1 + items.length)
    expect(new URL(page.url()).searchParams.get('uuid')).toBe(order.order_uid)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('gets a random one', async () => {
    const { page, complaints } = await open()
    await page.locator('#uid:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#order:not([hidden])').waitFor()
    const uids = [...[...orders, odd].map(({ order_uid }) => order_uid), ...Object.keys(foreign)]
    expect(uids).toContain(await page.locator('#uid').inputValue())
    expect(complaints).toEqual([])
    await page.close()
  })

  it('says clearly that there is no such order, and hides the last one', async () => {
    const { page, complaints } = await open(`/?uuid=${orders[0]!.order_uid}`)
    await page.locator('#order:not([hidden])').waitFor()
    await page.locator('#uid').fill(hostile)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.locator('.error').waitFor()
    expect(await status(page).textContent()).toBe(`There is no order ${hostile}.`)
    expect(await page.locator('#order').isVisible()).toBe(false)
    await page.goBack()
    await page.locator('#order:not([hidden])').waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('takes what an order says for text', async () => {
    const { page, complaints } = await open(`/?uuid=${odd.order_uid}`)
    await page.locator('#order:not([hidden])').waitFor()
    expect(await page.locator('dd', { hasText: hostile }).count()).toBe(1)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.locator('section', { hasText: 'Items' }).innerText()).toContain('none')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('copes with any JSON that is stored', async () => {
    const { page, complaints } = await open()
    const texts: Record<string, string> = {}
    for (const uid of Object.keys(foreign)) {
      await page.locator('#uid').fill(uid)
      await page.getByRole('button', { name: 'Search' }).click()
      await page.locator('[role=status]', { hasText: `Order ${uid}` }).waitFor()
      await page.locator('#order:not([hidden])').waitFor()
      texts[uid] = (await page.locator('#order').innerText()).replaceAll(/\s+/g, ' ')
    }
    expect(texts['hello']).toMatch(/^Order hello 1$/i)
    expect(texts['number']).toMatch(/^Order value 7$/i)
    expect(texts['list']).toContain('null')
    for (const part of ['1e+99', hostile, '{"est":[]}', 'null']) expect(texts['wrong']).toContain(part)
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each(['light', 'dark'] as const)('fits a phone, %s', async (colorScheme) => {
    const options: BrowserContextOptions = { viewport: { width: 360, height: 740 }, colorScheme }
    const { page, complaints } = await open(`/?uuid=${orders[0]!.order_uid}`, options)
    await page.locator('#order:not([hidden])').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    expect(background).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(19, 21, 24)')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('says that the server does not answer', async () => {
    const { page } = await open()
    await page.route('**/orders/**', (route) => route.abort())
    await page.locator('#uid').fill('x')
    await page.keyboard.press('Enter')
    await page.locator('.error').waitFor()
    expect(await status(page).textContent()).toContain('does not answer')
    await page.close()
  })

  it('has documentation that works under its own policy, and asks nobody else for anything', async () => {
    const { page, complaints } = await open('/docs')
    await page.locator('.info .title', { hasText: 'rushbench orders API' }).waitFor()
    await page.locator('.opblock').first().waitFor()
    await page.locator('.opblock-summary-control').first().click()
    await page.locator('.try-out__btn').first().click()
    await page.locator('.execute').first().click()
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  it('is not the only one: that of the original runs on --wire original, and so does this', async () => {
    // As that asks: from another origin, with what cookies there are, and a header that a browser asks about first.
    const script = (target: string): string => `
      const ask = async (path) => {
        const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
        const response = await fetch('${target}' + path, { credentials: 'include', method: 'GET', headers })
        if (!response.ok) throw new Error(response.statusText)
        return response.json()
      }
      addEventListener('click', async () => {
        const uids = await ask('/orders')
        const order = await ask('/orders/order?uuid=' + uids[Math.floor(Math.random() * uids.length)])
        const none = await ask('/orders/order?uuid=none').catch(({ message }) => message)
        document.body.textContent = JSON.stringify({ uids, order, none })
      })`
    let original = ''
    const pages = await startServer((_request, response) =>
      response
        .setHeader('content-type', 'text/html')
        .end(`<script>${script(original)}</script><body>Get random</body>`),
    )
    const own = work.start(['start', '--port', '0', '--wire', 'original', '--cors', pages], {
      RUSHBENCH_WORKLOAD: 'orders',
    })
    original = (await own.waitFor(/Listening on (\S+)/))[1]!
    const page = await browser.newPage()
    await page.goto(pages)
    await page.locator('body').click()
    await page.waitForFunction(`document.body.textContent.startsWith('{')`)
    const shown = JSON.parse((await page.locator('body').textContent())!) as {
      uids: string[]
      order: { order_uid: string }
    }
    const known = [...[...orders, odd].map(({ order_uid: uid }) => uid), ...Object.keys(foreign)]
    expect(shown).toMatchObject({ none: 'Not Found', order: { total_price: expect.any(Number) } })
    expect(shown.uids.toSorted()).toEqual(known.toSorted())
    expect(known).toContain(shown.order.order_uid)

    await page.goto(original)
    await page.getByRole('button', { name: 'Get random' }).click()
    await page.locator('#order:not([hidden])').waitFor()
    await page.goto(`${original}/?uuid=${orders[0]!.order_uid}`)
    await page.locator('#order', { hasText: orders[0]!.delivery.name }).waitFor()
    await page.close()
    own.child.kill('SIGTERM')
    await own.result
  })

  it('runs nothing but its own script', async () => {
    const answer = await fetch(origin)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await answer.text()).not.toMatch(/https?:/)
  })
})
