import { failure } from '../../base/errors/errors.ts'
import { countOf, formatCount } from '../../base/format.ts'
import type { engineNames, Burst, Stage } from '../../base/arrivals.ts'
import { mostConnections, mostPerSecond, mostUsers } from '../../base/limits.ts'
import type { ArrivalSchedule } from './schedule.ts'
import type { FixedRequest } from '../../ports/http-client.ts'

/** Users come and go by stages; each waits for its response before it goes on. */
export interface ClosedModel {
  readonly kind: 'closed'
  readonly stages: readonly Stage[]
  /** When the users begin: over one mean iteration, or at one moment; as the stages say unless given. */
  readonly starts?: 'spread' | 'together'
}

/** Iterations start on a schedule, whether or not earlier ones came back. */
export interface OpenModel extends ArrivalSchedule {
  readonly kind: 'open'
  /** Users, and so iterations, at the same time; an iteration that finds none free is skipped. */
  readonly maxInFlight: number
  /** The request that is sent at the rate, where no scenario is run. */
  readonly send?: FixedRequest
}

/** A model that decides when iterations of a scenario start. */
export type ScenarioModel = ClosedModel | OpenModel

/** One request, sent over and over: each connection sends it again as soon as it is answered. */
export interface SaturationModel {
  readonly kind: 'saturation'
  readonly engine: (typeof engineNames)[number]
  readonly connections: number
  /** In all; null until the time is over. */
  readonly requests: number | null
  /** Null until the requests are sent. */
  readonly durationMs: number | null
  readonly send: FixedRequest
}

/** A model that decides when requests are sent. */
export type LoadModel = ScenarioModel | SaturationModel

/** The settings that make a model; times in ms. */
export interface ModelSettings {
  readonly users: number
  /** Undefined for starts that are spread over one mean iteration. */
  readonly rampUp: number | undefined
  readonly duration: number
  readonly stages: readonly Stage[] | undefined
  readonly arrivalRate: number | undefined
  readonly arrivals: ArrivalSchedule['arrivals']
  readonly maxInFlight: number
  /** Bursts of the rate. */
  readonly burst: readonly Burst[] | undefined
}

/** Creates an open model where there is a rate, or else a closed one, of stages where there are any. Throws `usage-wrong`. */
export function createModel(settings: ModelSettings): ScenarioModel {
  const { users, rampUp, duration, stages, arrivalRate, arrivals, maxInFlight, burst } = settings
  if (arrivalRate !== undefined) {
    const bursts = burst === undefined ? {} : { bursts: burst }
    return { kind: 'open', ratePerSecond: arrivalRate, arrivals, ...bursts, durationMs: duration, maxInFlight }
  }
  if (burst !== undefined) throw failure('usage-wrong', { reason: 'burst raises a rate; give one with --rate.' })
  if (stages !== undefined) return { kind: 'closed', stages }
  if (rampUp === undefined || rampUp === 0) {
    const starts = rampUp === 0 ? 'together' : 'spread'
    const atOnce = { durationMs: 0, users }
    return { kind: 'closed', starts, stages: [atOnce, { durationMs: duration, users }] }
  }
  if (rampUp > duration) throw failure('usage-wrong', { reason: 'ramp-up must not be longer than duration.' })
  const rising = { durationMs: rampUp, users }
  return { kind: 'closed', stages: [rising, { durationMs: duration - rampUp, users }] }
}

/** The single request that a model sends; null where its users run scenarios. */
export function sendOf(model: LoadModel): FixedRequest | null {
  return model.kind === 'closed' ? null : (model.send ?? null)
}

/** The length of a run, ms; 0 where it takes as long as its requests. */
export function durationOf(model: LoadModel): number {
  if (model.kind === 'closed') return model.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return model.durationMs ?? 0
}

/** When a run ends by itself, ms from its start; Infinity where the last of its requests ends it. */
export function endOf(model: LoadModel): number {
  return model.kind === 'saturation' && model.durationMs === null ? Infinity : durationOf(model)
}

/** Users, or connections of a single request, that a run needs at most. */
export function mostUsersOf(model: LoadModel): number {
  if (model.kind === 'saturation') return model.connections
  return model.kind === 'open' ? model.maxInFlight : Math.max(...model.stages.map(({ users }) => users))
}

/** How far a model can be raised. */
export function highestLevelOf(model: LoadModel): number {
  if (model.kind === 'saturation') return mostConnections
  return model.kind === 'open' ? mostPerSecond : mostUsers
}

/** Names the quantity that a search raises and a level counts; a rate is one of iterations. */
export function raisedOf(model: LoadModel): 'users' | 'connections' | 'rate' | 'request rate' {
  if (model.kind === 'open') return model.send ? 'request rate' : 'rate'
  return model.kind === 'saturation' ? 'connections' : 'users'
}

/** The threads or workers that make a load, which have to fit the model. */
export interface GeneratorCount {
  readonly kind: 'threads' | 'workers'
  readonly count: number
}

/** Throws `usage-wrong` when the model cannot be made by so many, or not be raised to look for a limit. */
export function checkModel(
  model: LoadModel,
  { kind, count, raised }: GeneratorCount & { readonly raised: boolean },
): void {
  const refuse = (reason: string): Error => failure('usage-wrong', { reason })
  if (model.kind === 'saturation') checkSaturation(model, { kind, count, raised }, refuse)
  if (model.kind === 'open') checkBursts(model, refuse)
  const users = mostUsersOf(model)
  const what = model.kind === 'saturation' ? 'connection' : 'user'
  if (count > users) throw refuse(`${count} ${kind} cannot share ${countOf(users, what)}; take fewer ${kind}.`)
  const hasOneLevel = model.kind !== 'closed' || new Set(model.stages.map((stage) => stage.users)).size === 1
  if (raised && !hasOneLevel) throw refuse('find-limit raises users or rate; it cannot raise stages that differ.')
}

function checkSaturation(
  { engine, requests, connections }: SaturationModel,
  { kind, count, raised }: GeneratorCount & { readonly raised: boolean },
  refuse: (reason: string) => Error,
): void {
  if (requests !== null && requests < connections) {
    throw refuse(`${requests} requests cannot keep ${connections} connections busy; take fewer --connections.`)
  }
  if (requests !== null && raised) throw refuse('find-limit makes trials of a length; leave out --requests.')
  if (engine !== 'autocannon') return
  if (kind === 'workers') throw refuse('autocannon sends from this process; leave out --workers.')
  if (count > 1) throw refuse('autocannon sends from one thread; leave out --threads.')
  if (raised) throw refuse('find-limit searches with the engine rushbench; leave out --engine autocannon.')
}

function checkBursts({ bursts = [], ratePerSecond, durationMs }: OpenModel, refuse: (reason: string) => Error): void {
  let free = 0
  for (const { factor, atMs, lengthMs } of bursts) {
    if (atMs < free) throw refuse('Bursts come one after the other: each must begin when the one before it is over.')
    if (factor * ratePerSecond > mostPerSecond) {
      throw refuse(`A burst of more than ${mostPerSecond} a second cannot be made.`)
    }
    free = atMs + lengthMs
  }
  if (free > durationMs) throw refuse('A burst must be over before the end of the run.')
}

/** How much load a model makes: arrivals a second, or users or connections at most. */
export function levelOf(model: LoadModel): number {
  return model.kind === 'open' ? model.ratePerSecond : mostUsersOf(model)
}

/** The same model at another level and length. Of stages, the last takes what is longer. */
export function withLevel(model: LoadModel, level: number, durationMs: number): LoadModel {
  if (model.kind === 'open') return { ...model, ratePerSecond: level, durationMs }
  if (model.kind === 'saturation') return { ...model, connections: level, durationMs }
  const longerMs = durationMs - durationOf(model)
  const last = model.stages.length - 1
  const stages = model.stages.map((stage, index) => ({
    durationMs: stage.durationMs + (index === last ? longerMs : 0),
    users: level,
  }))
  return { ...model, stages }
}

/** The quantity that a search raises. */
export type Raised = ReturnType<typeof raisedOf>

/** Units of a level: singular and plural. */
const levelNames: Readonly<Record<Raised, readonly [one: string, several: string]>> = {
  users: ['user', 'users'],
  connections: ['connection', 'connections'],
  rate: ['iteration a second', 'iterations a second'],
  'request rate': ['request a second', 'requests a second'],
}

/** So many users, connections or starts a second. */
export function levelText({ level }: { readonly level: number }, raised: Raised): string {
  const [one, several] = levelNames[raised]
  return `${formatCount(level)} ${level === 1 ? one : several}`
}
