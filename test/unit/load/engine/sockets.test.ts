import { describe, expect, it } from 'vitest'
import type { Received, ReceiveRequest, ReceiveSince, Socket, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/load/virtual-clock.ts'
import { get, run, scenario, slowServer } from '../../../support/load/virtual-run.ts'
import { defineScenario } from '../../../../src/lib/load/scenarios/define-scenario.ts'
import type { Opened, SocketOpener } from '../../../../src/lib/load/clients/http/web-sockets.ts'

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
  const refused = { socket: null, reason: 'upgrade refused: status 503' }
  const unopened = await run(other, [ask], { sockets: openerOf(other, null, refused) })
  expect(unopened.failureReasons).toEqual({ 'upgrade refused: status 503': 1 })
  expect(unopened.steps.map(({ name }) => name)).toEqual(['connect'])
})

/** A server that sends back each text after so many ms, over a socket that is open at once. */
function echoing(clock: VirtualClock, delayOf: (text: string) => number): SocketOpener {
  const open = async (): Promise<Opened> => {
    const come = [{ text: 'welcome', at: clock.now() }]
    let bell = Promise.withResolvers<void>()
    const socket: Socket = {
      isOpen: true,
      send(text) {
        clock.schedule(delayOf(text), () => {
          come.push({ text, at: clock.now() })
          bell.resolve()
          bell = Promise.withResolvers()
        })
      },
      close() {},
      async next(accept) {
        for (;;) {
          for (let one = come.shift(); one; one = come.shift()) if (accept(one.text)) return { ...one, reason: null }
          await bell.promise
        }
      },
    }
    return { socket, reason: null }
  }
  return { open, close: async () => {} }
}

/** The longest response time of each step of a user of a chat, ms. */
async function chat(talk: (user: VirtualUser, socket: Socket) => Promise<unknown>, delayOf = (_text: string) => 5) {
  const clock = createVirtualClock()
  const kept = defineScenario({
    name: 'chat',
    prepare: () => ({ socket: null as Socket | null }),
    async run(user, state) {
      state.socket ??= await user.connect(request)
      await user.think(1000)
      await talk(user, state.socket!)
    },
  })
  const result = await run(clock, [kept], { sockets: echoing(clock, delayOf), client: slowServer(clock, 100) })
  const found = result.steps.map(({ name, responseTime }) => [name, Math.round(responseTime.max!)])
  return { ...Object.fromEntries(found), ...(result.errors > 0 ? { errors: Object.keys(result.errorReasons) } : {}) }
}

describe('a text that is received', () => {
  const hear = (user: VirtualUser, socket: Socket, text: string, rest: Partial<ReceiveRequest> = {}) =>
    user.receive(socket, { step: text, accept: (given) => given === text, ...rest })

  it('is measured from when the last text was sent on its socket, also over a socket that is kept', async () => {
    const echo = async (user: VirtualUser, socket: Socket) => {
      socket.send('echo')
      await get(user)
      await hear(user, socket, 'echo')
    }
    expect(await chat(echo)).toEqual({ connect: 0, get: 100, echo: 5 })
  })

  it('is measured by its key from when that text was sent, whatever was sent since', async () => {
    const several = async (user: VirtualUser, socket: Socket) => {
      socket.send('slow', { key: '1' })
      await user.think(20)
      socket.send('quick', { key: '2' })
      await hear(user, socket, 'quick', { key: '2' })
      await hear(user, socket, 'slow', { key: '1' })
    }
    expect(await chat(several, (text) => (text === 'slow' ? 50 : 5))).toEqual({ connect: 0, quick: 5, slow: 50 })
  })

  it('is measured from the last request where the scenario says so, or from when it is waited for', async () => {
    const subscribed = (since: ReceiveSince) => async (user: VirtualUser, socket: Socket) => {
      socket.send('told')
      await user.think(300)
      await get(user)
      await user.think(200)
      await hear(user, socket, 'told', { since })
    }
    const delayOf = () => 700
    expect(await chat(subscribed('send'), delayOf)).toEqual({ connect: 0, get: 100, told: 700 })
    expect(await chat(subscribed('request'), delayOf)).toEqual({ connect: 0, get: 100, told: 400 })
    expect(await chat(subscribed('receive'), delayOf)).toEqual({ connect: 0, get: 100, told: 100 })
  })

  it('may be waited for before that is sent which causes it', async () => {
    const ahead = async (user: VirtualUser, socket: Socket) => {
      const heard = hear(user, socket, 'echo')
      await user.think(300)
      socket.send('echo')
      await heard
    }
    expect(await chat(ahead)).toEqual({ connect: 0, echo: 5 })
  })

  it.each([
    [{ key: 'x' }, 'chat: receive: no text was sent on this socket with the key "x"'],
    [{ since: 'send' } as const, 'chat: receive: nothing was sent on this socket'],
  ])('is an error of its scenario where nothing that was sent is meant by %o', async (rest, reason) => {
    const nothing = (user: VirtualUser, socket: Socket) =>
      user.receive(socket, { step: 'x', accept: () => true, ...rest })
    expect(await chat(nothing)).toEqual({ connect: 0, errors: [reason] })
  })
})
