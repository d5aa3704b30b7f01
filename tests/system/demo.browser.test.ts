import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Product, startProduct } from '../../scripts/product.ts'
import { launchChromium } from './chromium.ts'

/** What is slower than this is not "at once" on any machine; the page itself needs a fraction of it. */
const SOON_MS = 10_000

let product: Product
let browser: Browser
const contexts: BrowserContext[] = []

beforeAll(async () => {
  ;[product, browser] = await Promise.all([startProduct({ demo: true }), launchChromium()])
})
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
})
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

interface Shop {
  page: Page
  tray: Locator
  shopper(): Promise<string>
  /** Everything that the browser has complained of: errors, refusals of the content policy, failed requests. */
  complaints: string[]
}

/** Opens the shop as somebody who has never been there, and waits for the welcome. */
async function enterShop(options: Parameters<Browser['newContext']>[0] = {}): Promise<Shop> {
  const context = await browser.newContext({ locale: 'en-IN', timezoneId: 'Asia/Kolkata', ...options })
  contexts.push(context)
  context.setDefaultTimeout(SOON_MS)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(`${product.url}/demo`)
  const tray = page.locator('boon-tray')
  await tray.getByText('WELCOME10', { exact: true }).waitFor()
  const shopper = async () => (await page.getByText('Shopping as').textContent()) ?? ''
  return { page, tray, shopper, complaints }
}

/** What the browser says when the page is loaded anew would be lost; this tells that it has not been. */
async function mark(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    Reflect.set(window, 'stillTheSamePage', true)
  })
  return () => page.evaluate(() => Reflect.get(window, 'stillTheSamePage') === true)
}

const codeOfCart = (shop: Shop) => shop.tray.getByText(/^CART-[A-Z2-9]{6}$/)

async function addKurta({ page }: Shop): Promise<void> {
  await page.getByRole('button', { name: 'Add to cart Indigo kurta' }).click()
}

async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
}

test('a click in the shop shows its coupon and its points in the tray, without a reload', async () => {
  const shop = await enterShop()
  const { page, tray } = shop
  const isSamePage = await mark(page)
  await tray.getByText('NAMASTE5', { exact: true }).waitFor()
  expect(await codeOfCart(shop).count()).toBe(0)

  await addKurta(shop)
  await codeOfCart(shop).waitFor()
  const code = (await codeOfCart(shop).textContent()) ?? ''
  await page.getByText(`You earned the coupon ${code}.`).waitFor()
  expect(await tray.getByText('50 points').count()).toBe(0)

  await page.getByRole('button', { name: 'Buy for ₹1,299' }).click()
  await tray.getByText('50 points').waitFor()
  await page.getByText('Nothing in it yet.').waitFor()
  await tray.getByText(code, { exact: true }).waitFor()
  expect(await isSamePage()).toBe(true)
  expect(shop.complaints).toEqual([])

  // What the page shows is what the API says.
  const userId = (await shop.shopper()).replace('Shopping as ', '')
  const holdings = await product.call('GET', `/v1/users/${userId}/holdings`)
  expect(holdings.json).toMatchObject({ data: [{ code }, { code: 'WELCOME10' }] })
  const wallets = await product.call('GET', `/v1/users/${userId}/wallets`)
  expect(JSON.stringify(wallets.json)).toContain('"active":50')
})

test('the button beside a code copies it', async () => {
  const { page, tray, complaints } = await enterShop()
  await tray.getByRole('button', { name: 'Copy code WELCOME10' }).click()
  await tray.getByRole('button', { name: 'Copied code WELCOME10' }).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('WELCOME10')
  expect(complaints).toEqual([])
})

test('a second shopper gets a code of their own and sees nothing of the first', async () => {
  const first = await enterShop()
  const second = await enterShop()
  expect(await second.shopper()).not.toBe(await first.shopper())
  const codes: string[] = []
  for (const shop of [first, second]) {
    await addKurta(shop)
    await codeOfCart(shop).waitFor()
    codes.push((await codeOfCart(shop).textContent()) ?? '')
  }
  expect(codes[1]).not.toBe(codes[0])

  // The same browser handed on to somebody else.
  await first.page.getByRole('button', { name: 'New shopper' }).click()
  await first.tray.getByText(codes[0] ?? '', { exact: true }).waitFor({ state: 'detached' })
  await first.tray.getByText('WELCOME10', { exact: true }).waitFor()
  expect(await codeOfCart(first).count()).toBe(0)
  expect([...first.complaints, ...second.complaints]).toEqual([])
})

test('who comes back to the tab is the same shopper, welcomed once', async () => {
  const { page, tray, shopper, complaints } = await enterShop()
  const before = await shopper()
  await page.reload()
  await tray.getByText('WELCOME10', { exact: true }).waitFor()
  expect(await shopper()).toBe(before)
  expect(await tray.getByText('WELCOME10', { exact: true }).count()).toBe(1)
  expect(complaints).toEqual([])
})

test.each([
  ['a desktop', { viewport: { width: 1280, height: 900 } }],
  ['a phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
  ['a dark desktop', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' as const }],
])('on %s everybody can use it, and nothing sticks out', async (name, options) => {
  const shop = await enterShop(options)
  const { page, tray } = shop
  await addKurta(shop)
  await codeOfCart(shop).waitFor()
  await page.getByRole('button', { name: 'Buy for ₹1,299' }).click()
  await tray.getByText('50 points').waitFor()
  expect(await seriousFaults(page)).toEqual([])
  const overhang = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overhang).toBeLessThanOrEqual(0)
  expect(shop.complaints).toEqual([])
  const folder = process.env['BOON_SCREENSHOTS']
  if (folder !== undefined)
    await page.screenshot({ path: `${folder}/${name.replaceAll(' ', '-')}.png`, fullPage: true })
})
