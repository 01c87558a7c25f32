import { expect, it } from 'vitest'
import type { Received, Socket } from '../../../src/lib/load/scenario.ts'
import type { Opened, SocketOpener } from '../../../src/lib/load/socket-opener.ts'
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts'
import { get, run, scenario, slowServer } from './virtual-run.ts'

const request = { step: 'connect', path: '/', protocol: 'p', hello: 'h', isReady: () => true }

/** Opens in 20 ms; what is waited for comes at `at`, or never where that is null: then it is given up after a second. */
function openerOf(clock: VirtualClock, at: number | null, opened?: Opened): SocketOpener {
  const after = <T>(ms: number, value: () => T) =>
    new Promise<T>((resolve) => void clock.schedule(ms, () => resolve(value())))
  const given = (): Received =>
    at === null ? { text: null, at: clock.now(), reason: 'timeout' } : { text: 'four', at, reason: null }
  const socket: Socket = {
    isOpen: true,
    send() {},
    close() {},
    next: () => after(at === null ? 1000 : Math.max(0, at - clock.now()), given),
  }
  return { open: () => after(20, () => opened ?? { socket, reason: null }), close: async () => {} }
}

/** Connects, asks at 20 ms what is answered at 70 ms, and waits for what that has caused; once in 10 s. */
const ask = scenario(async (user) => {
  const socket = await user.connect(request)
  if (socket) {
    await get(user)
    await user.receive(socket, { step: 'told', accept: () => true })
  }
  await user.think(20_000)
})

it.each([
  ['before the answer', 50, 30],
  ['after the answer', 220, 200],
])('measures what comes %s from when the request was sent', async (_when, at, expected) => {
  const clock = createVirtualClock()
  const { steps, failures } = await run(clock, [ask], {
    client: slowServer(clock, 50),
    sockets: openerOf(clock, at),
  })
  const found = new Map(steps.map(({ name, serviceTime }) => [name, serviceTime.max]))
  expect([...found.keys()].toSorted()).toEqual(['connect', 'get', 'told'])
  expect(found.get('connect')).toBeCloseTo(20, 0)
  expect(found.get('told')! / expected).toBeCloseTo(1, 1)
  expect(failures).toBe(0)
})

it('counts as failures what does not come, and a socket that is not opened', async () => {
  const clock = createVirtualClock()
  const missed = await run(clock, [ask], { client: slowServer(clock, 50), sockets: openerOf(clock, null) })
  expect(missed.failureReasons).toEqual({ timeout: 1 })
  const other = createVirtualClock()
  const refused = { socket: null, reason: 'WebSocket failed' }
  const unopened = await run(other, [ask], { sockets: openerOf(other, null, refused) })
  expect(unopened.failureReasons).toEqual({ 'WebSocket failed': 1 })
  expect(unopened.steps.map(({ name }) => name)).toEqual(['connect'])
})
