import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeHistory } from '../../src/lib/compare/history.ts'
import { historyDocument } from '../../src/lib/render/document/history-document.ts'
import { htmlPage, readPageAssets } from '../../src/lib/render/html/html.ts'
import { findChromium } from '../support/chromium.ts'
import { badLoad, seeding, streamed, sweep } from '../support/reports/samples.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'
import { htmlOf, junitOf } from '../support/reports/rendered.ts'

const executablePath = findChromium()
const reports = { load: badLoad, sweep, stream: streamed, seed: seeding }

/** A run a day, of which the later half is slower. */
const daily = Array.from({ length: 20 }, (_, day) => ({
  ...seeding,
  startedAt: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
  rowsPerSecond: (day < 10 ? 1000 : 800) + (day % 3),
}))
const history = historyDocument(describeHistory(daily, { minEffect: 0.05 }))
const pages = [...Object.keys(reports), 'history']

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 } }

/** Counts the opaque colours of each canvas; an empty one has none. */
const coloursOfCanvases = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const pixels = new Uint32Array(data.buffer)
  return new Set(pixels.filter((pixel) => pixel >>> 24 > 0)).size
})`

const backgroundOf = (page: Page) => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')

describe.skipIf(executablePath === null)('the HTML report in Chromium', () => {
  let browser: Browser
  let work: CliSandbox

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    work = await createSandbox()
    const assets = await readPageAssets()
    for (const [name, report] of Object.entries(reports)) {
      await writeFile(join(work.folder, `${name}.html`), htmlOf(report, assets))
    }
    await writeFile(join(work.folder, 'history.html'), htmlPage(history, '1.2.3', assets))
  })

  afterAll(async () => {
    await browser.close()
    await work[Symbol.asyncDispose]()
  })

  /** Opens a page; nothing that it says to the console, throws or asks for is left unsaid. */
  async function open(name: string, options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage(options)
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => complaints.push(dialog.message()))
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(request.url())
    })
    await page.goto(pathToFileURL(join(work.folder, `${name}.html`)).href)
    return { page, complaints }
  }

  const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [
    { look: `${colorScheme}, desktop`, options: { ...desktop, colorScheme } },
    { look: `${colorScheme}, phone`, options: { ...phone, colorScheme } },
  ])
  it.each(looks)('draws every chart without a word to anybody: $look', async ({ options }) => {
    for (const name of pages) {
      const { page, complaints } = await open(name, options)
      const colours = await page.evaluate<number[]>(coloursOfCanvases)
      const charts = await page.locator('figure').count()
      const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth')
      const empty = colours.filter((count) => count <= 3)
      expect({ name, complaints, fits, drawn: colours.length, empty }).toEqual({
        name,
        complaints: [],
        fits: true,
        drawn: charts,
        empty: [],
      })
      await page.close()
    }
  })

  it('takes hostile names for text', async () => {
    const { page, complaints } = await open('load', desktop)
    expect(
      await page.locator('section th').filter({ hasText: '<img src=x onerror=alert(1)>' }).count(),
    ).toBeGreaterThan(2)
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('answers on the first screen, of a phone too', async () => {
    const { page } = await open('load', phone)
    const headline = await page.locator('h1').boundingBox()
    const answer = await page.locator('.answers li').first().boundingBox()
    expect(headline!.y).toBeLessThan(200)
    expect(answer!.y + answer!.height).toBeLessThan(740)
    await page.close()
  })

  it('lets the arrow keys read a chart', async () => {
    const { page } = await open('sweep', desktop)
    const readout = page.locator('output').first()
    await page.locator('.plot').first().focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await readout.textContent()).toMatch(/^1m · ascending, p50 240 us · random, p50 350 us$/)
    await page.locator('.plot').nth(1).focus()
    expect(await readout.textContent()).toBe('')
    await page.close()
  })

  it('prints on white what is dark on the screen', async () => {
    const { page, complaints } = await open('load', { ...desktop, colorScheme: 'dark' })
    const dark = await backgroundOf(page)
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`)
    expect(await backgroundOf(page)).toBe('rgb(255, 255, 255)')
    expect(await page.locator('details.appendix:not([open])').count()).toBe(0)
    expect((await page.locator('.plot canvas').first().boundingBox())!.width).toBeLessThan(700)
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`)
    expect(await backgroundOf(page)).toBe(dark)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('reads without its script', async () => {
    const { page } = await open('load', { ...desktop, javaScriptEnabled: false })
    expect(await page.locator('h1').textContent()).toContain('audit failed')
    expect(await page.locator('noscript').first().isVisible()).toBe(true)
    await page.close()
  })

  it('JUnit XML is XML, whatever names it holds', async () => {
    const page = await browser.newPage()
    const parsed = `new DOMParser().parseFromString(${JSON.stringify(junitOf(badLoad))}, 'text/xml')`
    expect(await page.evaluate(`${parsed}.querySelectorAll('parsererror').length`)).toBe(0)
    expect(await page.evaluate(`${parsed}.querySelectorAll('testcase').length`)).toBe(11)
    await page.close()
  })
})
