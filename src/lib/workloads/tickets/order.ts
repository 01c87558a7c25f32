/** One product on a receipt. Money is in cents: a float cannot hold 0.10. */
export interface OrderLine {
  readonly product: string
  readonly productId: string
  readonly priceCents: number
}

/** An order as its receipt says it. Money in cents. */
export interface Order {
  /** A whole number without leading zeros, as text: a name, with which nobody calculates. */
  readonly id: string
  readonly vatCents: number
  readonly totalCents: number
  /** At least one. The same product may stand there several times, having been bought as often. */
  readonly lines: readonly OrderLine[]
}

/** The longest of each, in characters. */
export const maxLengths = { orderId: 32, product: 200, productId: 64 } as const

/** The receipt of an order, as a shop would send it. */
export function formatReceipt({ id, vatCents, totalCents, lines }: Order): string {
  const head = `Order: ${id}\nVAT: ${formatMoney(vatCents)}\nTotal: ${formatMoney(totalCents)}\n\nproduct,product_id,price\n`
  const rows = lines.map(({ product, productId, priceCents }) => {
    return `${quoted(product)},${quoted(productId)},${formatMoney(priceCents)}\n`
  })
  return head + rows.join('')
}

/** Cents as `16.90`. */
export function formatMoney(cents: number): string {
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
