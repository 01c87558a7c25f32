import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Command, Telemetry, Transport } from '../../../../src/lib/load/distributed/protocol.ts'
import type { LoadModel } from '../../../../src/lib/load/engine/model.ts'
import {
  expectationsOf,
  signsOfLife,
  watchTransport,
  type Expectations,
} from '../../../../src/lib/load/distributed/watchdog.ts'
import { users } from '../../../support/load/virtual-run.ts'

/** A thread that says what the test has it say, and what whoever started it hears. */
function start(model: LoadModel = users(1, 20_000), expected?: Expectations) {
  let say: Parameters<Transport['listen']>[0] = () => {}
  const heard: string[] = []
  const sent: Command[] = []
  let closed = 0
  const watched = watchTransport(
    {
      send: (message) => void sent.push(message),
      listen: (onMessage) => void (say = onMessage),
      close: async () => void closed++,
    },
    expected ?? expectationsOf({ scenarioFile: 'mine.mjs', model, timeout: 30_000, prepareTimeout: 10_000 }),
  )
  watched.listen(
    () => {},
    (reason) => heard.push(String(reason)),
  )
  return { heard, watched, say: (message: Telemetry) => void say(message), closed: () => closed }
}

/** Lets seconds pass, in which the thread says that it lives. */
function live(thread: ReturnType<typeof start>, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    thread.say({ kind: 'alive' })
    vi.advanceTimersByTime(1000)
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('gives up a file that is not read in its time', () => {
  const thread = start()
  live(thread, 9)
  expect(thread.heard).toEqual([])
  live(thread, 1)
  expect(thread.heard[0]).toContain('The scenario mine.mjs cannot be run: it has not been read for 10 s')
  expect(thread.closed()).toBe(1)
})

it('waits for users as long as more of them become ready', () => {
  const thread = start()
  thread.say({ kind: 'read', names: ['browse', 'buy'] })
  for (let done = 1; done <= 5; done++) {
    thread.say({ kind: 'preparing', done, total: 9 })
    live(thread, 9)
  }
  expect(thread.heard).toEqual([])
  thread.say({ kind: 'preparing', done: 5, total: 9 })
  live(thread, 1)
  expect(thread.heard[0]).toContain('The scenario browse, buy failed to prepare a user')
})

it('waits for ever for the beginning, since others may still prepare theirs', () => {
  const thread = start()
  thread.say({ kind: 'prepared' })
  live(thread, 1000)
  expect(thread.heard).toEqual([])
})

it('gives up a run that says nothing for 8 s, and one that does not end', () => {
  const silent = start()
  silent.watched.send({ kind: 'begin', at: null })
  // After the last word a second passes, and six more.
  live(silent, 10)
  vi.advanceTimersByTime(6000)
  expect(silent.heard).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(silent.heard).toEqual([expect.stringContaining('did not return to the event loop for 8 s')])
  const endless = start()
  endless.watched.send({ kind: 'begin', at: null })
  // 20 s, a grace of 10 s, a second for what is no request, and five to spare.
  live(endless, 35)
  expect(endless.heard).toEqual([])
  live(endless, 1)
  expect(endless.heard).toEqual(['it did not end within 16 s of the end of the run'])
})

it('gives a number of requests the time that they take, until it is stopped', () => {
  const send = { method: 'GET', path: '/', headers: [], body: Buffer.alloc(0), expect: '2xx' } as never
  const thread = start({ kind: 'saturation', engine: 'rushbench', connections: 2, requests: 9, durationMs: null, send })
  thread.watched.send({ kind: 'begin', at: null })
  live(thread, 1000)
  expect(thread.heard).toEqual([])
  thread.watched.send({ kind: 'stop' })
  live(thread, 16)
  expect(thread.heard).toEqual(['it did not end within 16 s of the end of the run'])
})

it('gives a run that is stopped no more than its grace', () => {
  const thread = start()
  thread.watched.send({ kind: 'begin', at: null })
  live(thread, 2)
  thread.watched.send({ kind: 'stop' })
  live(thread, 15)
  expect(thread.heard).toEqual([])
  live(thread, 1)
  expect(thread.heard).toHaveLength(1)
})

it('says nothing more of a thread that has finished', () => {
  const thread = start()
  thread.watched.send({ kind: 'begin', at: null })
  thread.say({ kind: 'end', lost: null })
  vi.advanceTimersByTime(100_000)
  expect(thread.heard).toEqual([])
  expect(thread.closed()).toBe(0)
})

it('gives up what says nothing for 8 s at any time, where nothing else is known of it', () => {
  const silent = start(users(1), signsOfLife)
  live(silent, 100)
  vi.advanceTimersByTime(6000)
  expect(silent.heard).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(silent.heard).toEqual(['it has said nothing for 8 s'])
  expect(silent.closed()).toBe(1)
  silent.say({ kind: 'prepared' })
  vi.advanceTimersByTime(10_000)
  expect(silent.heard).toHaveLength(1)
})
