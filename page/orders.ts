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
  const found = await find(uid)
  if (mine !== latest) return
  if (found === null) sayUnreachable()
  else if (found.status === 200) layOut(uid, found.order)
  else say(found.status === 404 ? `There is no order ${uid}.` : `${uid} cannot be the id of an order.`, true)
}

/** Null when no response came, or none that this API gives. */
async function find(uid: string): Promise<{ readonly status: number; readonly order: unknown } | null> {
  try {
    // By the query, since a path like /orders/.. would lead elsewhere.
    const answer = await fetch(`/orders/order?summary=false&uuid=${encodeURIComponent(uid)}`)
    return answer.status < 500 ? { status: answer.status, order: await answer.json() } : null
  } catch {
    return null
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

/** Lays out any JSON: only what came as a message is known to be an order. */
function layOut(uid: string, order: unknown): void {
  say(`Order ${uid}`)
  const { own, parts } = isFound(order) ? split(order) : { own: { value: order }, parts: [] }
  article.replaceChildren(
    ...(Object.keys(own).length > 0 ? [section('Order', facts(own))] : []),
    ...parts.map(([name, part]) => section(title(name), isFound(part) ? facts(part) : table(part))),
  )
  article.hidden = false
}

/** Fields of the order itself, and those that hold several values. */
function split(order: Found): { own: Found; parts: (readonly [string, Found | readonly unknown[]])[] } {
  const fields = Object.entries(order)
  const parts = fields.flatMap(([name, value]) =>
    isFound(value) || Array.isArray(value) ? [[name, value] as const] : [],
  )
  const own = fields.filter(([, value]) => !isFound(value) && !Array.isArray(value))
  return { own: Object.fromEntries(own), parts }
}

function isFound(value: unknown): value is Found {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function section(heading: string, content: HTMLElement): HTMLElement {
  const part = element('section')
  part.append(element('h2', heading), content)
  return part
}

function facts(values: Found): HTMLElement {
  if (Object.keys(values).length === 0) return element('p', 'none')
  const list = element('dl')
  for (const [name, value] of Object.entries(values)) {
    const pair = element('div')
    pair.append(element('dt', label(name)), element('dd', shown(name, value)))
    list.append(pair)
  }
  return list
}

function table(entries: readonly unknown[]): HTMLElement {
  if (entries.length === 0) return element('p', 'none')
  const rows = entries.map((entry): Found => (isFound(entry) ? entry : { value: entry }))
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
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
    for (const name of names) cells.append(element('td', Object.hasOwn(row, name) ? shown(name, row[name]) : ''))
    body.append(cells)
  }
  const frame = element('div')
  frame.className = 'frame'
  // Wide tables scroll by themselves, also by keyboard.
  frame.tabIndex = 0
  frame.setAttribute('role', 'region')
  frame.setAttribute('aria-label', 'Table')
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

function title(name: string): string {
  const text = label(name)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function shown(name: string, value: unknown): string {
  if (name === 'payment_dt' && typeof value === 'number') return timeOf(value) ?? String(value)
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text === '' ? '-' : text
}

/** Null beyond the times that a browser knows. */
function timeOf(seconds: number): string | null {
  const time = new Date(seconds * 1000)
  return Number.isNaN(time.getTime()) ? null : time.toISOString().slice(0, 19).replace('T', ' ')
}
