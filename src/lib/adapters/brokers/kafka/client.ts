import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, AuthenticationError, UserError, type BaseOptions } from '@platformatic/kafka'
import { ignoreFailure } from '../../../base/abort.ts'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { readBrokerUrl } from '../url.ts'

const defaultPort = 9092

/** How long the server may take to respond, ms. */
export const responseTimeoutMs = 5000

/** Partitions of a topic that is made here: as many members of a group can be at work at once. */
const partitionsOfNewTopic = 4

/** How soon a topic that was just made is known to whoever leads it, ms; it is asked for in between. */
const leaderWithinMs = 10_000
const askAgainMs = 50

/** How long a server that responds and says that it is not ready is asked again, ms, and how often. */
const readyWithinMs = 15_000
const notReadyPauseMs = 200

/** A partition of a topic, and the server that leads it. */
export interface Partition {
  readonly index: number
  readonly leader: number
}

/** A topic as the cluster describes it. */
export interface Topic {
  readonly name: string
  readonly id: string
  readonly partitions: readonly Partition[]
}

/** Everything that users of one cluster share. */
export interface KafkaCluster {
  /** Has no password. */
  readonly url: string
  readonly options: BaseOptions
  readonly admin: Admin
  /** Returns null when there is none. Throws `broker-unreachable`. */
  findTopic(name: string): Promise<Topic | null>
  /** The topic as it is, else a new one. Throws `broker-unreachable` and `broker-refused`. */
  openTopic(name: string): Promise<Topic>
  /** Asks anew the next time: its partitions may have moved, or it is gone. */
  forget(name: string): void
  /** An error of the client as one of ours; `what` is what the server may have refused. */
  translate(error: unknown, what: string): RushbenchError
}

/** Finds the cluster. Throws `broker-unreachable`. */
export async function openCluster(url: string): Promise<KafkaCluster> {
  const { shown, host, port, user, password } = readBrokerUrl(url, defaultPort)
  const options: BaseOptions = {
    clientId: 'rushbench',
    bootstrapBrokers: [{ host, port }],
    connectTimeout: responseTimeoutMs,
    timeout: responseTimeoutMs,
    requestTimeout: responseTimeoutMs,
    retries: 1,
    retryDelay: 250,
    ...(user !== '' && { sasl: { mechanism: 'PLAIN', username: user, password } }),
  }
  const admin = new Admin(options)
  const topics = new Map<string, Topic>()
  const translate = (error: unknown, what: string) => translateKafkaError(error, shown, what)

  async function findTopic(name: string): Promise<Topic | null> {
    const known = topics.get(name)
    if (known) return known
    const topic = await describeTopic(admin, name)
    if (topic) topics.set(name, topic)
    return topic
  }

  async function openTopic(name: string): Promise<Topic> {
    const found = await findTopic(name)
    if (found) return found
    await createTopic(admin, name)
    const giveUpAt = performance.now() + leaderWithinMs
    for (;;) {
      try {
        const made = await findTopic(name)
        if (made) return made
      } catch (error) {
        if (performance.now() > giveUpAt) throw error
      }
      if (performance.now() > giveUpAt) throw new Error(`the new topic ${name} has not come about`)
      await sleep(askAgainMs)
    }
  }

  try {
    await admin.metadata({ topics: [], forceUpdate: true })
  } catch (error) {
    void ignoreFailure(admin.close())
    throw translate(error, 'the connection')
  }
  return {
    url: shown,
    options,
    admin,
    translate,
    findTopic: (name) => orTranslated(findTopic(name), (error) => translate(error, `the topic ${name}`)),
    openTopic: (name) => orTranslated(openTopic(name), (error) => translate(error, `the topic ${name}`)),
    forget: (name) => void topics.delete(name),
  }
}

async function orTranslated<T>(work: Promise<T>, translate: (error: unknown) => RushbenchError): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw translate(error)
  }
}

async function describeTopic(admin: Admin, name: string): Promise<Topic | null> {
  const found = await admin.metadata({ topics: [name], forceUpdate: true, retries: 0 }).then(
    ({ topics }) => topics.get(name),
    (error: unknown) => {
      // The client keeps what the server has sent to itself here.
      if (error instanceof UserError && error.message === `Unknown topic ${name}.`) return null
      throw error
    },
  )
  if (!found) return null
  if (found.partitions.some(({ leader }) => leader < 0)) throw new Error(`nobody leads the topic ${name}`)
  return { name, id: found.id, partitions: found.partitions.map(({ leader }, index) => ({ index, leader })) }
}

/** Makes a topic once, even if two processes try at the same time. */
async function createTopic(admin: Admin, name: string): Promise<void> {
  try {
    await admin.createTopics({ topics: [name], partitions: partitionsOfNewTopic, replicas: -1 })
  } catch (error) {
    if (!apiErrors(error).some(({ apiId }) => apiId === 'TOPIC_ALREADY_EXISTS')) throw error
  }
}

/** An error that the server sent, by its name in Kafka's protocol. */
interface ApiError {
  readonly apiId: string
  readonly canRetry: boolean
}

/** The client wraps errors in errors: all that the server sent. */
function apiErrors(error: unknown): ApiError[] {
  if (!(error instanceof Error)) return []
  const nested = [...(error instanceof AggregateError ? error.errors : []), error.cause].flatMap(apiErrors)
  const own = error as Error & Partial<ApiError>
  return typeof own.apiId === 'string' ? [{ apiId: own.apiId, canRetry: own.canRetry === true }, ...nested] : nested
}

/**
 * Does `work` again for some seconds where the server says that it cannot do it yet: it has just begun and loads what it
 * knows of groups, or hands that over to another. Throws what `work` does in the end.
 */
export async function untilReady<T>(work: () => Promise<T>, withinMs: number = readyWithinMs): Promise<T> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const said = apiErrors(error)
      const passes = said.length > 0 && said.every(({ canRetry }) => canRetry)
      if (!passes || performance.now() >= giveUpAt) throw error
      await sleep(notReadyPauseMs)
    }
  }
}

function translateKafkaError(error: unknown, url: string, what: string): RushbenchError {
  if (error instanceof RushbenchError) return error
  const refusals = apiErrors(error).filter(({ canRetry }) => !canRetry)
  if (refusals.length > 0) {
    return failure('broker-refused', { url, what, reason: refusals.map(({ apiId }) => apiId).join(', ') }, error)
  }
  const reason = error instanceof AuthenticationError ? 'it refused the login' : reasonOf(error)
  return failure('broker-unreachable', { url, reason }, error)
}
