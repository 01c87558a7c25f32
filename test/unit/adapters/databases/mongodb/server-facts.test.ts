import { expect, it } from 'vitest'
import { pickCounters } from '../../../../../src/lib/adapters/databases/mongodb/server-facts.ts'

it('takes what WiredTiger counts', () => {
  const cache = { 'pages read into cache': 12, 'pages written from cache': 34, 'bytes read into cache': 5 }
  expect(pickCounters({ wiredTiger: { cache, log: { 'log bytes written': 560 } } })).toEqual([
    { name: 'page reads', kind: 'total', unit: 'pages', value: 12 },
    { name: 'pages written', kind: 'total', unit: 'pages', value: 34 },
    { name: 'log written', kind: 'total', unit: 'bytes', value: 560 },
  ])
})

it('takes what the server counts of locks and of documents, whose version names checkpoints in its own way', () => {
  const locks = {
    Global: { acquireWaitCount: { r: 2, W: 3 }, acquireCount: { r: 900 } },
    Collection: { acquireWaitCount: { w: 4 } },
    Mutex: {},
  }
  const metrics = { operation: { writeConflicts: 7 }, queryExecutor: { scannedObjects: 800 } }
  const globalLock = { currentQueue: { total: 5 } }
  const values = (transaction: Record<string, number>, checkpoint = {}) =>
    pickCounters({ wiredTiger: { transaction, checkpoint }, globalLock, locks, metrics }).map(
      ({ name, value, kind }) => [name, value, kind],
    )
  const others = [
    ['rows read', 800, 'total'],
    ['lock waits', 9, 'total'],
    ['write conflicts', 7, 'total'],
    ['waiting for locks', 5, 'level'],
  ]
  expect(values({ 'transaction checkpoints': 6 })).toEqual([['checkpoints', 6, 'total'], ...others])
  expect(values({}, { 'number of checkpoints started': 8 })).toEqual([['checkpoints', 8, 'total'], ...others])
})

it('has none where another engine stores the data, and leaves out what is not counted', () => {
  expect(pickCounters({})).toEqual([])
  expect(pickCounters({ wiredTiger: { cache: { 'pages read into cache': 1 } } })).toHaveLength(1)
})
