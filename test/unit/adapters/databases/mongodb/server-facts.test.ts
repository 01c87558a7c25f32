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

it('has none where another engine stores the data, and leaves out what is not counted', () => {
  expect(pickCounters({})).toEqual([])
  expect(pickCounters({ wiredTiger: { cache: { 'pages read into cache': 1 } } })).toHaveLength(1)
})
