// The page of the orders API: looks for one order and lays it out. What it shows is text only, never markup.

interface Found {
  readonly [field: string]: unknown
}

const form = document.querySelector<HTMLFormElement>('#search')!
const field = document.querySelector<HTMLInputElement>('#uid')!
const randomButton = document.querySelector<HTMLButtonElement>('#random')!
const line = document.querySelector<HTMLParagraphElement>('#status')!
const article = document.querySelector<HTMLElement>('#order')!

/** Number of the search that was begun last; responses to earlier ones are thrown away. */
let latest = 0

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void search(field.value.trim())
})
randomButton.addEventListener('click', () => void searchRandom())
addEventListener('popstate', () => void searchNamed())
void searchNamed()

/** The order that the address names. */
async function searchNamed(): Promise<void> {
  const uid = new URLSearchParams(location.search).get('uuid')
  if (uid === null) return
  field.value = uid
  await show(uid)
}

async function search(uid: string): Promise<void> {
  if (uid === '') return say('Type the id of an order, or get a random one.')
  history.pushState(null, '', `?uuid=${encodeURIComponent(uid)}`)
  await show(uid)
}

async function searchRandom(): Promise<void> {
  try {
    const { total } = await getJson('/orders?limit=1')
    if (total === 0) return say('There are no orders yet.')
    const { orders } = await getJson(`/orders?limit=1&offset=${Math.floor(Math.random() * Number(total))}`)
    field.value = String((orders as string[])[0])
    await search(field.value)
  } catch {
    sayUnreachable()
  }
}

async function show(uid: string): Promise<void> {
  const mine = ++latest
  article.hidden = true
  say(`Looking for ${uid} ...`)
  try {
    const answer = await fetch(`/orders/order?uuid=${encodeURIComponent(uid)}`)
    const order = (await answer.json()) as Found
    if (mine !== latest) return
    if (answer.ok) layOut(order)
    else say(answer.status === 404 ? `There is no order ${uid}.` : `${uid} cannot be the id of an order.`, true)
  } catch {
    if (mine === latest) sayUnreachable()
  }
}

async function getJson(path: string): Promise<Found> {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  return (await answer.json()) as Found
}

function say(text: string, isError = false): void {
  line.textContent = text
  line.classList.toggle('error', isError)
  article.hidden = true
}

function sayUnreachable(): void {
  say('The server does not answer. Try again in a moment.', true)
}

function layOut({ delivery, payment, items, ...order }: Found): void {
  say(`Order ${String(order['order_uid'])}`)
  article.replaceChildren(
    section('Order', facts(order)),
    section('Delivery', facts(delivery as Found)),
    section('Payment', facts(payment as Found)),
    section('Items', table(items as Found[])),
  )
  article.hidden = false
}

function section(title: string, content: HTMLElement): HTMLElement {
  const part = element('section')
  part.append(element('h2', title), content)
  return part
}

function facts(values: Found): HTMLElement {
  const list = element('dl')
  for (const [name, value] of Object.entries(values)) {
    const pair = element('div')
    pair.append(element('dt', label(name)), element('dd', shown(name, value)))
    list.append(pair)
  }
  return list
}

function table(rows: readonly Found[]): HTMLElement {
  if (rows.length === 0) return element('p', 'none')
  const names = Object.keys(rows[0]!)
  const body = element('table')
  const head = element('tr')
  for (const name of names) {
    const cell = element('th', label(name))
    cell.setAttribute('scope', 'col')
    head.append(cell)
  }
  body.append(head)
  for (const row of rows) {
    const cells = element('tr')
    for (const name of names) cells.append(element('td', shown(name, row[name])))
    body.append(cells)
  }
  const frame = element('div')
  frame.className = 'frame'
  // Wide tables scroll by themselves, also by keyboard.
  frame.tabIndex = 0
  frame.setAttribute('role', 'region')
  frame.setAttribute('aria-label', 'Items')
  frame.append(body)
  return frame
}

function element(name: string, text = ''): HTMLElement {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

/** `track_number` -> `track number` */
function label(name: string): string {
  return name.replaceAll('_', ' ')
}

function shown(name: string, value: unknown): string {
  if (name === 'payment_dt') return new Date(Number(value) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  const text = String(value)
  return text === '' ? '-' : text
}
