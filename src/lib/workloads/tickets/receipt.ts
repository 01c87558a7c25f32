import { parse, type CsvErrorCode } from 'csv-parse/sync'
import { lengthOf } from '../shared/storable-text.ts'

/** One product on a receipt. Money is in cents: a float cannot hold 0.10. */
export interface OrderLine {
  readonly product: string
  readonly productId: string
  readonly priceCents: number
}

/** An order as its receipt says it. Money in cents. */
export interface ReceiptOrder {
  /** A whole number without leading zeros, as text: a name, with which nobody calculates. */
  readonly id: string
  readonly vatCents: number
  readonly totalCents: number
  /** At least one. The same product may stand there several times, having been bought as often. */
  readonly lines: readonly OrderLine[]
}

export const maxLengths = { orderId: 32, product: 200, productId: 64 } as const

/** The receipt of an order, as a shop would send it. */
export function formatReceipt({ id, vatCents, totalCents, lines }: ReceiptOrder): string {
  const head = `Order: ${id}\nVAT: ${formatMoney(vatCents)}\nTotal: ${formatMoney(totalCents)}\n\nproduct,product_id,price\n`
  const rows = lines.map(({ product, productId, priceCents }) => {
    return `${quoted(product)},${quoted(productId)},${formatMoney(priceCents)}\n`
  })
  return head + rows.join('')
}

export function formatMoney(cents: number): string {
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

/** Why a receipt is none: the words that programs rely on, and what they mean. */
export const reasons = {
  empty: 'there is nothing in it',
  'too-large': 'it is larger than a receipt may be',
  'not-utf-8': 'it is not UTF-8',
  'control-character': 'it has a control character, which no text has',
  'no-empty-line': 'no empty line ends its head',
  'head-unreadable': 'a line of its head is not "Order: ", "VAT: " or "Total: " with a value',
  'head-repeated': 'a line of its head is there twice',
  'head-disordered': 'its head is not in the order Order, VAT, Total',
  'order-missing': 'it does not say its order',
  'order-invalid': 'its order is not a whole number of 1 to 32 digits without leading zeros',
  'vat-missing': 'it does not say its VAT',
  'vat-invalid': 'its VAT is not an amount such as 3.10',
  'vat-too-large': 'its VAT is more than can be counted exactly',
  'total-missing': 'it does not say its total',
  'total-invalid': 'its total is not an amount such as 16.90',
  'total-too-large': 'its total is more than can be counted exactly',
  'csv-quotes': 'quotes are opened and not closed, or stand inside of a field',
  'csv-columns': 'a line of its CSV has not three fields',
  'csv-header': 'the first line of its CSV is not product,product_id,price',
  'csv-unreadable': 'its CSV cannot be read',
  'no-lines': 'it has no products',
  'too-many-lines': 'it has more products than a receipt may have',
  'product-invalid': 'a product is not a name of 1 to 200 characters without spaces around it',
  'product-id-invalid': 'a product_id is not 1 to 64 printable ASCII characters without spaces',
  'price-invalid': 'a price is not an amount such as 5.00',
  'price-too-large': 'a price is more than can be counted exactly',
  'order-taken': 'another receipt with this order number, and other content, was stored before',
} as const

export type Reason = keyof typeof reasons

export interface ReceiptError {
  readonly reason: Reason
  /** Where: counted from 1; 0 for the whole. */
  readonly line: number
}

export type Parsed =
  | { readonly kind: 'order'; readonly order: ReceiptOrder }
  | { readonly kind: 'error'; readonly error: ReceiptError }

export const maxReceiptBytes = 64 * 1024

const maxLines = 1000

/** Thrown within this file alone. */
class Refusal extends Error {
  readonly error: ReceiptError

  constructor(reason: Reason, line = 0) {
    super(reason)
    this.error = { reason, line }
  }
}

/**
 * Reads a receipt: strict, so that nothing is stored that was only guessed, and total: whatever the bytes are, it
 * returns an order or the first error, in a time that grows with their number and no faster.
 */
export function parseReceipt(bytes: Uint8Array): Parsed {
  try {
    return { kind: 'order', order: readOrder(readText(bytes)) }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'error', error: error.error }
    throw error
  }
}

/** Takes a byte order mark at the beginning away. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const controlCharacter = /[\0-\t\v-\u001F\u007F-\u009F]/

/** With one kind of line end. A carriage return that ends no line is a control character like any other. */
function readText(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new Refusal('empty')
  if (bytes.length > maxReceiptBytes) throw new Refusal('too-large')
  const text = decode(bytes).replaceAll('\r\n', '\n')
  const at = text.search(controlCharacter)
  if (at !== -1) throw new Refusal('control-character', text.slice(0, at).split('\n').length)
  return text
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Refusal('not-utf-8')
  }
}

function readOrder(text: string): ReceiptOrder {
  const end = text.indexOf('\n\n')
  if (end === -1) throw new Refusal('no-empty-line')
  const head = text.slice(0, end).split('\n')
  const values = readHead(head)
  return {
    id: readOrderId(values.order),
    vatCents: readMoney(values.vat, 'vat', 2),
    totalCents: readMoney(values.total, 'total', 3),
    // The empty line comes after the head, and the CSV after that.
    lines: readLines(text.slice(end + 2), head.length + 2),
  }
}

const fields = ['Order', 'VAT', 'Total'] as const

function readHead(lines: readonly string[]): { order: string; vat: string; total: string } {
  const values = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    const [, name, value] = /^(Order|VAT|Total): (.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Refusal('head-unreadable', index + 1)
    if (values.has(name)) throw new Refusal('head-repeated', index + 1)
    values.set(name, value)
  }
  const [order, vat, total] = fields.map((name) => values.get(name))
  if (order === undefined) throw new Refusal('order-missing')
  if (vat === undefined) throw new Refusal('vat-missing')
  if (total === undefined) throw new Refusal('total-missing')
  if ([...values.keys()].join() !== fields.join()) throw new Refusal('head-disordered')
  return { order, vat, total }
}

function readOrderId(text: string): string {
  if (!/^[1-9]\d*$/.test(text) || text.length > maxLengths.orderId) throw new Refusal('order-invalid', 1)
  return text
}

/** Digits of 2^53 cents, before the point. */
const mostDigits = 14

/** Cents, of an amount with up to two decimals and neither a sign, an exponent, leading zeros nor thousands marked. */
function readMoney(text: string, what: 'vat' | 'total' | 'price', line: number): number {
  const [, whole, decimals = ''] = /^(0|[1-9]\d*)(?:\.(\d{1,2}))?$/.exec(text) ?? []
  if (whole === undefined) throw new Refusal(`${what}-invalid`, line)
  if (whole.length > mostDigits) throw new Refusal(`${what}-too-large`, line)
  const cents = Number(`${whole}${decimals.padEnd(2, '0')}`)
  if (!Number.isSafeInteger(cents)) throw new Refusal(`${what}-too-large`, line)
  return cents
}

/** `first` is the number of the CSV's first line. */
function readLines(csv: string, first: number): OrderLine[] {
  const [header = [], ...records] = readCsv(csv, first)
  if (header.length !== 3 || header.join() !== 'product,product_id,price') throw new Refusal('csv-header', first)
  if (records.length === 0) throw new Refusal('no-lines')
  if (records.length > maxLines) throw new Refusal('too-many-lines')
  return records.map((record, index) => readLine(record, first + 1 + index))
}

function readLine(record: readonly string[], line: number): OrderLine {
  const [product = '', productId = '', price = ''] = record
  if (record.length !== 3) throw new Refusal('csv-columns', line)
  if (!isName(product)) throw new Refusal('product-invalid', line)
  if (!/^[\x21-\x7e]+$/.test(productId) || productId.length > maxLengths.productId) {
    throw new Refusal('product-id-invalid', line)
  }
  return { product, productId, priceCents: readMoney(price, 'price', line) }
}

/** Not a line end within quotes either: it would count as a line. */
function isName(text: string): boolean {
  return text !== '' && lengthOf(text) <= maxLengths.product && text.trim() === text && !text.includes('\n')
}

const quoteErrors: ReadonlySet<CsvErrorCode | undefined> = new Set([
  'CSV_INVALID_CLOSING_QUOTE',
  'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE',
  'CSV_QUOTE_NOT_CLOSED',
  'INVALID_OPENING_QUOTE',
] as const)

/** Below the header, one more than is taken: a receipt of 64 KiB of empty lines took a second to read. */
const mostRecords = 1 + maxLines + 1

/** Records of any number of fields, up to where there are too many. An empty line is a record of one empty field. */
function readCsv(csv: string, first: number): string[][] {
  try {
    return parse(csv, { record_delimiter: '\n', relax_column_count: true, to: mostRecords })
  } catch (error) {
    const { code, lines } = error as { readonly code?: CsvErrorCode; readonly lines?: number }
    throw new Refusal(quoteErrors.has(code) ? 'csv-quotes' : 'csv-unreadable', first + (lines ?? 1) - 1)
  }
}
