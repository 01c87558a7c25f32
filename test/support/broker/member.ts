import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'

// A member of a group in a process of its own, which takes messages and never acknowledges any.
const [url, topic, group] = process.argv.slice(2) as [string, string, string]
const broker = await openBroker(url)
await broker.consume({
  topic,
  group,
  maxBatch: 10,
  handle(messages) {
    process.send?.(messages.map(({ value }) => value.toString()))
    return new Promise(() => {})
  },
  onError(error) {
    throw error
  },
})
