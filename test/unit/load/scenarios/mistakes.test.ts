import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { HttpClient, HttpRequest } from '../../../../src/lib/ports/http-client.ts'
import { createRequestSerializer } from '../../../../src/lib/load/clients/http/request-text.ts'
import type { Socket, StepRequest, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { ScenarioMistake } from '../../../../src/lib/load/scenarios/mistakes.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/load/virtual-clock.ts'
import { arrivals, ok, run, scenario, slowServer, users } from '../../../support/load/virtual-run.ts'
import type { SocketOpener } from '../../../../src/lib/load/clients/http/web-sockets.ts'

const request: StepRequest = { step: 'get', method: 'GET', path: '/' }
const entry = { key: 'k', resource: 1, outcome: 'booked' } as const

/** Serializes requests as a real one does, and remembers them. */
function checkingServer(clock: VirtualClock): { readonly client: HttpClient; readonly sent: HttpRequest[] } {
  const sent: HttpRequest[] = []
  const serialize = createRequestSerializer('h')
  const server = slowServer(clock, 50)
  return {
    sent,
    client: {
      ...server,
      async request(asked) {
        serialize(asked)
        sent.push(asked)
        return server.request(asked)
      },
    },
  }
}

const socket: Socket = {
  isOpen: true,
  send() {},
  close() {},
  async next(accept) {
    accept('text')
    return { text: 'text', at: 0, reason: null }
  },
}
const sockets: SocketOpener = {
  async open({ isReady }) {
    isReady('text')
    return { socket, reason: null }
  },
  close: async () => {},
}

/** One iteration of a user that does what a scenario's author may well write. */
async function once(iteration: (user: VirtualUser) => unknown) {
  const clock = createVirtualClock()
  const { client, sent } = checkingServer(clock)
  const stop = new AbortController()
  const result = await run(clock, [scenario(async (user) => await iteration(user))], {
    client,
    sockets,
    model: arrivals(1, { durationMs: 1000 }),
    signal: stop.signal,
  })
  return { ...result, sent }
}

const wrong = (part: Partial<Record<keyof StepRequest | 'wantbody', unknown>>) => async (user: VirtualUser) =>
  await user.request({ ...request, ...part } as never)

describe('ScenarioMistake', () => {
  it('knows the line of the scenario from however deep in the client', () => {
    const kept = Error.stackTraceLimit
    Error.stackTraceLimit = 10
    const deep = (calls: number): Error => (calls === 0 ? new ScenarioMistake('wrong') : deep(calls - 1))
    const theScenario = () => deep(25)
    const { stack } = theScenario()
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = kept
    expect(stack).toContain('theScenario')
    expect(limit).toBe(10)
  })
})

describe('a mistake', () => {
  it.each<[string, (user: VirtualUser) => unknown, string]>([
    ['no request', (user) => user.request(undefined as never), 'a request cannot be undefined. Allowed: an object'],
    ['no step', wrong({ step: undefined }), 'step cannot be undefined. Allowed: the name of a row of the report'],
    ['a step that is a number', wrong({ step: 5 }), 'step cannot be 5'],
    ['an empty step', wrong({ step: '' }), 'step cannot be ""'],
    [
      'a field that there is not',
      wrong({ wantbody: true }),
      'a request has no field "wantbody". Allowed: step, method,',
    ],
    ['an unknown method', wrong({ method: 'FETCH' }), 'method cannot be "FETCH". Allowed: GET, HEAD,'],
    ['no method', wrong({ method: undefined }), 'method cannot be undefined'],
    ['no path', wrong({ path: undefined }), 'path cannot be undefined. Allowed: a text from / on'],
    ['a whole URL', wrong({ path: 'http://h/' }), 'path cannot be "http://h/"'],
    [
      'a path with a space',
      wrong({ path: '/a b' }),
      'the path "/a b" cannot be sent: it has a character that has to be encoded',
    ],
    ['a path with a fragment', wrong({ path: '/a#b' }), 'it has a #, which no server is sent'],
    ['a header without a value', wrong({ headers: { h: undefined } }), 'the header "h" cannot be undefined'],
    ['a Map for a body', wrong({ method: 'POST', body: new Map() }), 'body is a Map, which JSON turns into {}'],
    ['expected texts', wrong({ expected: ['404'] }), 'expected has "404", which is no status'],
    ['an expected text', wrong({ expected: '404' }), 'expected cannot be "404". Allowed: a status such as 404'],
    ['a wantBody that is a text', wrong({ wantBody: 'false' }), 'wantBody cannot be "false"'],
    ['a failureOf that is none', wrong({ failureOf: 'bad' }), 'failureOf cannot be "bad"'],
    ['a verdict that is true', wrong({ failureOf: () => true }), 'what failureOf of "get" gives cannot be true'],
    ['a verdict to come', wrong({ failureOf: async () => null }), 'what failureOf of "get" gives cannot be a Promise'],
    ['a time that is a text', (user) => user.think('1500' as never), 'think cannot be "1500". Allowed: milliseconds'],
    ['a time before now', (user) => user.think(-300), 'think cannot be -300'],
    ['no number of ms', (user) => user.think(NaN), 'think cannot be NaN'],
    ['a time without an end', (user) => user.think(Infinity), 'think cannot be Infinity'],
    ['more than a timer can wait', (user) => user.think(2 ** 31), 'think cannot be 2147483648'],
    ['a time from more to less', (user) => user.think([2, 1]), 'think cannot be the list [2, 1]'],
    ['a range of texts', (user) => user.think(['1', '5'] as never), 'think cannot be the list ["1", "5"]'],
    ['no entry', (user) => user.ledger.record(null as never), 'what the ledger is given cannot be null'],
    [
      'an outcome that there is not',
      (user) => user.ledger.record({ ...entry, outcome: 'ok' as never }),
      'outcome cannot be "ok"',
    ],
    ['no key', (user) => user.ledger.record({ ...entry, key: undefined as never }), 'key cannot be undefined'],
    [
      'a conflict over nothing',
      (user) => user.ledger.record({ key: 'k', outcome: 'conflict' } as never),
      'resource cannot be undefined',
    ],
    ['an id that is null', (user) => user.ledger.record({ ...entry, id: null as never }), 'id cannot be null'],
    [
      'an id of nothing',
      (user) => user.ledger.record({ ...entry, outcome: 'failed', id: 'a' }),
      'an entry whose outcome is failed has no id',
    ],
    [
      'no answer',
      (user) => user.outcomeOf(user.request(request) as never),
      'what outcomeOf is given cannot be a Promise',
    ],
    ['a status for an answer', (user) => user.outcomeOf(201 as never), 'what outcomeOf is given cannot be 201'],
    [
      'no hello',
      (user) => user.connect({ step: 's', path: '/', isReady: () => true } as never),
      'hello cannot be undefined',
    ],
    [
      'a protocol that is a list',
      (user) => user.connect({ step: 's', path: '/', protocol: ['a'], hello: '', isReady: () => true } as never),
      'protocol cannot be the list ["a"]',
    ],
    [
      'an isReady that takes its time',
      (user) => user.connect({ step: 's', path: '/', hello: '', isReady: (async () => false) as never }),
      'what isReady gives cannot be a Promise',
    ],
    [
      'no socket',
      (user) => user.receive(undefined as never, { step: 's', accept: () => true }),
      'what receive listens to cannot be undefined',
    ],
    ['no accept', (user) => user.receive(socket, { step: 's' } as never), 'accept cannot be undefined'],
    [
      'an accept that takes its time',
      (user) => user.receive(socket, { step: 's', accept: (async () => false) as never }),
      'what accept gives cannot be a Promise',
    ],
  ])('is %s: it ends the run, and names its line', async (_name, iteration, reason) => {
    const { mistakes } = await once(iteration)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toContain(`: ${reason}`)
    expect(mistakes[0]).toMatch(/^The scenario test is wrong at \S+mistakes\.test\.ts:\d+: /)
  })

  it('names the line at which it stands', async () => {
    const { mistakes } = await once(async (user) => {
      await user.think(1)
      await user.request({ step: 'line' } as never)
    })
    const text = await readFile(fileURLToPath(import.meta.url), 'utf8')
    const line = text.split('\n').findIndex((row) => row.includes("step: 'line'")) + 1
    expect(mistakes[0]).toContain(`mistakes.test.ts:${line}: method cannot be undefined`)
  })

  it('is not hidden by a scenario that catches it', async () => {
    const { mistakes, failures } = await once(async (user) => user.think('1' as never).catch(() => user.think(1)))
    expect(mistakes).toHaveLength(1)
    expect(failures).toBe(0)
  })

  it('in what was right before comes of an answer: it is an error of its iteration, which does not end the run', async () => {
    const clock = createVirtualClock()
    let iterations = 0
    const { client, sent } = checkingServer(clock)
    const login = scenario(async (user) => {
      const token = ++iterations === 2 ? undefined : 'x'
      await user.request({ ...request, headers: { authorization: token as string } })
      await user.think(100)
    })
    const { mistakes, errorReasons } = await run(clock, [login], { client, model: users(1, 3000) })
    expect(mistakes).toEqual([])
    expect(errorReasons).toEqual({
      'test: the header "authorization" cannot be undefined. Allowed: a text, a number or a list of them; leave out what is not to be sent': 1,
    })
    // 150 ms for each, and the second that follows an error.
    expect(sent.length).toBeGreaterThan(10)
  })

  it('of the server is none: a socket that was not opened', async () => {
    const { mistakes, errorReasons } = await once((user) =>
      user.receive(null as never, { step: 's', accept: () => true }),
    )
    expect(mistakes).toEqual([])
    expect(errorReasons).toEqual({ 'test: receive was given null instead of a socket: connect had failed': 1 })
  })
})

describe('what a scenario may hand in', () => {
  it.each<[string, Partial<StepRequest>, Partial<HttpRequest>]>([
    ['a method in small letters', { method: 'get' }, { method: 'GET' }],
    ['OPTIONS', { method: 'OPTIONS' }, { method: 'OPTIONS' }],
    ['no body', { method: 'POST', body: null }, { method: 'POST' }],
    ['a list of pairs', { headers: [['a', 'b']] }, { headers: [['a', 'b']] }],
    ['fields of a form', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }, { body: 'a=b' }],
    ['bytes to come', { method: 'POST', body: new Blob(['ab'], { type: 'a/b' }) }, { bodyType: 'a/b' }],
  ])('%s', async (_name, part, expected) => {
    const { sent, mistakes, failures } = await once((user) => user.request({ ...request, ...part }))
    expect({ mistakes, failures }).toEqual({ mistakes: [], failures: 0 })
    expect(sent[0]).toMatchObject(expected)
  })

  it.each([404, [404], [409, 404]])('%j for a status that is right', async (expected) => {
    const clock = createVirtualClock()
    const client = slowServer(clock, 50, { ...ok, status: 404 })
    const { failures, requests } = await run(clock, [scenario((user) => user.request({ ...request, expected }))], {
      client,
      model: arrivals(1, { durationMs: 1000 }),
    })
    expect({ failures, requests }).toEqual({ failures: 0, requests: 1 })
  })

  it.each([
    [undefined, {}],
    [false, {}],
    [null, {}],
    ['', {}],
    ['broken', { broken: 1 }],
  ])('%j for a verdict', async (verdict, reasons) => {
    const { failureReasons, mistakes } = await once((user) =>
      user.request({ ...request, failureOf: () => verdict as string | null }),
    )
    expect({ failureReasons, mistakes }).toEqual({ failureReasons: reasons, mistakes: [] })
  })

  it('a verdict that is none is a failure with its reason, once verdicts were right', async () => {
    const clock = createVirtualClock()
    let n = 0
    const judged = scenario((user) => user.request({ ...request, failureOf: () => (n++ > 0 ? [{}] : null) as never }))
    const { failureReasons, mistakes } = await run(clock, [judged], { model: arrivals(2, { durationMs: 1000 }) })
    expect(mistakes).toEqual([])
    expect(Object.entries(failureReasons)).toEqual([
      [expect.stringContaining('what failureOf of "get" gives cannot be the list [an object]'), 1],
    ])
  })
})
