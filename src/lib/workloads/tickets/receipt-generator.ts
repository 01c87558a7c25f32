import type { Random } from '../../base/random.ts'
import { type ReceiptOrder, type OrderLine, maxReceiptBytes } from './receipt.ts'
import { readFile } from 'node:fs/promises'

const kinds = ['Formaggio', 'Prosciutto', 'Pane', 'Vino', 'Olive', 'Pasta', 'Caffè', 'Gelato', 'Riso', 'Miele']
const makes = ['classico', 'fresco', 'bianco', 'rosso', 'piccolo', 'grande', 'di casa', '"Nonna"', 'bio, 1 kg', 'n° 1']
const packs = ['1', '2', '3', '6', '12']

const mostLines = 10

/** Makes the products of the shop: 500, some of whose names need quotes. */
export function createGoods(random: Random): readonly OrderLine[] {
  const names = kinds.flatMap((kind) => makes.flatMap((make) => packs.map((pack) => `${kind} ${make} x${pack}`)))
  return names.map((product, index) => {
    return { product, productId: `p${index}`, priceCents: random.integer(50, 5000) }
  })
}

/** An order of some of the goods. Its total is their sum, its VAT a fifth of that. */
export function createOrder(id: string, goods: readonly OrderLine[], random: Random): ReceiptOrder {
  const lines = Array.from({ length: random.integer(1, mostLines) }, () => random.pick(goods))
  const totalCents = lines.reduce((sum, { priceCents }) => sum + priceCents, 0)
  return { id, vatCents: Math.round(totalCents / 5), totalCents, lines }
}

/** From here and from `dist` alike. */
const folder = new URL('../../../../fixtures/tickets/', import.meta.url)

/** The broken receipts of `fixtures/tickets` that are not too large to be taken. */
export async function readBrokenReceipts(): Promise<readonly Buffer[]> {
  const index = JSON.parse(await readFile(new URL('index.json', folder), 'utf8')) as { readonly broken: object }
  const files = Object.keys(index.broken)
  const receipts = await Promise.all(files.map((file) => readFile(new URL(`broken/${file}`, folder))))
  return receipts.filter(({ length }) => length <= maxReceiptBytes)
}

/** A copy with something wrong: cut off, with a byte that is no UTF-8, with a line missing, or with a sum that is none. */
export function damage(receipt: string, random: Random): Buffer {
  const bytes = Buffer.from(receipt)
  const ways = [
    () => bytes.subarray(0, random.integer(0, bytes.length - 1)),
    () => {
      bytes[random.integer(0, bytes.length - 1)] = 0xff
      return bytes
    },
    () => {
      const lines = receipt.split('\n')
      return Buffer.from(lines.toSpliced(random.integer(0, lines.length - 2), 1).join('\n'))
    },
    () => Buffer.from(receipt.replace(/(?<=Total: ).*/, random.pick(['NaN', '-1', '1e3', '1,000.00', '']))),
  ]
  return random.pick(ways)()
}
