import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import type { Consumer, RecordsBatch } from '@platformatic/kafka'
import { fetchMessages } from '../../../src/lib/adapters/brokers/kafka/fetch.ts'
import { readOrder } from '../../../src/lib/workloads/orders/order.ts'
import { readMessage } from '../../../src/lib/workloads/stations/messages.ts'
import { parseReceipt } from '../../../src/lib/workloads/tickets/receipt.ts'
import { bytesLike, valuesLike } from '../like.ts'
import { pure, reader } from '../reader.ts'

const order = readFileSync(new URL('../../../fixtures/orders/order.json', import.meta.url), 'utf8')
const receipt = 'Order: 123\nVAT: 3.10\nTotal: 16.90\n\nproduct,product_id,price\n"A, b",a-1,5.00\nC,c,8.80\n'
const booking = '{"mysejahteraId":"a","location":"PWTC","date":"20210516"}'

const batch = fc.record({
  firstOffset: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  lastOffsetDelta: fc.integer(),
  attributes: fc.nat(64),
  records: fc.array(
    fc.record({
      offsetDelta: fc.integer(),
      key: fc.option(fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes))),
      value: fc.option(fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes))),
    }),
    { maxLength: 4 },
  ),
})

const topic = { id: 't', partitions: [{ index: 0, leader: 1 }] }

export const messageReaders = [
  reader({
    name: 'receipts',
    what: 'receipts of the workload tickets',
    inputs: bytesLike(
      [Buffer.from(receipt)],
      ['\n', '\n\n', ',', '"', '""', 'Order: ', 'Total: ', '0', '.', '\r\n', '\u00ef\u00bb\u00bf'],
    ),
    open: pure((bytes) => void parseReceipt(bytes)),
  }),
  reader({
    name: 'orders',
    what: 'messages of the workload orders',
    inputs: fc.oneof(
      bytesLike([Buffer.from(order)], ['{', '}', '":', '\\u0000', '\\ud800', '1e400', '\u00ff']),
      valuesLike([JSON.parse(order)]).map((value) => Buffer.from(JSON.stringify(value) ?? '')),
    ),
    open: pure((bytes) => void readOrder(bytes)),
  }),
  reader({
    name: 'bookings',
    what: 'messages of the workload stations',
    inputs: bytesLike([Buffer.from(booking)], ['{', '}', '":', 'null', '[]']),
    open: pure((bytes) => void readMessage({ key: '', value: bytes })),
  }),
  reader({
    name: 'fetches',
    what: 'what Kafka answers to a fetch, as it was decoded: batches with any offsets',
    inputs: fc.array(batch, { maxLength: 4 }),
    open: pure(async (batches) => {
      const answer = {
        responses: [{ partitions: [{ partitionIndex: 0, records: batches as unknown as RecordsBatch[] }] }],
      }
      const consumer = { fetch: async () => answer } as unknown as Consumer
      await fetchMessages(consumer, topic as never, new Map([[0, 0n]]))
    }),
  }),
]
