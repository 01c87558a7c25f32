import type { Random } from '../../base/random.ts'
import type { Order, OrderLine } from './order.ts'

const kinds = ['Formaggio', 'Prosciutto', 'Pane', 'Vino', 'Olive', 'Pasta', 'Caffè', 'Gelato', 'Riso', 'Miele']
const makes = ['classico', 'fresco', 'bianco', 'rosso', 'piccolo', 'grande', 'di casa', '"Nonna"', 'bio, 1 kg', 'n° 1']
const packs = ['1', '2', '3', '6', '12']

const mostLines = 10

/** What the shop sells: 500 products, some of whose names need quotes. */
export function createGoods(random: Random): readonly OrderLine[] {
  const names = kinds.flatMap((kind) => makes.flatMap((make) => packs.map((pack) => `${kind} ${make} x${pack}`)))
  return names.map((product, index) => {
    return { product, productId: `p${index}`, priceCents: random.integer(50, 5000) }
  })
}

/** An order of some of the goods. Its total is their sum, its VAT a fifth of that. */
export function createOrder(id: string, goods: readonly OrderLine[], random: Random): Order {
  const lines = Array.from({ length: random.integer(1, mostLines) }, () => random.pick(goods))
  const totalCents = lines.reduce((sum, { priceCents }) => sum + priceCents, 0)
  return { id, vatCents: Math.round(totalCents / 5), totalCents, lines }
}
