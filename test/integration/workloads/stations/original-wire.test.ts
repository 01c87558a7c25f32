import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import {
  acknowledged,
  audit,
  createPlace,
  post,
  published,
  serve,
  wishOf,
  type Place,
} from '../../../support/stations/stations.ts'

/** The body that the original's Makefile has hey send, again and again. */
const heyBody =
  '{"address":"Kuala Lumpur","date":"20210516","firstName":"Fadhil","lastName":"Yaacob","location":"PWTC","mysejahteraId":"900127015527","phoneNumber":"0123456789"}'

describe("the stations by the original's shapes and statuses", () => {
  let place: Place
  let server: RunningServer
  const errors: Error[] = []

  beforeAll(async () => {
    place = await createPlace()
    const locations = await place.writeLocations([
      { name: 'PWTC', from: '2021-05-16', days: 2, capacity: 20 },
      { name: 'Small', from: '2021-05-16', days: 1, capacity: 3 },
    ])
    server = await serve(place, { locations, wire: 'original', onError: (error) => errors.push(error) })
  })

  afterAll(async () => {
    await server.close()
    await place[Symbol.asyncDispose]()
  })

  const bodyOf = async (asked: Promise<Response>) => {
    const response = await asked
    return [response.status, await response.json()] as const
  }
  const get = (path: string) => fetch(server.origin + path)

  it('shows days as the original does, under both of its paths', async () => {
    const days = [
      { location: 'PWTC', date: '20210516', availability: 20 },
      { location: 'PWTC', date: '20210517', availability: 20 },
    ]
    expect(await bodyOf(get('/stations/PWTC'))).toEqual([200, days])
    expect(await bodyOf(get('/stations?location=PWTC'))).toEqual([200, days])
    expect((await get('/stations/PWTC')).headers.get('cache-control')).toBe('public, max-age=1')
    expect(await bodyOf(get('/stations/Nowhere'))).toEqual([200, []])
    expect(await bodyOf(get('/stations/%00'))).toEqual([200, []])
    const unnamed = await get('/stations')
    expect([unnamed.status, await unnamed.text()]).toEqual([400, 'Please select a location'])
    expect(await bodyOf(get('/healthz'))).toMatchObject([200, {}])
  })

  it('answers hey, which sends one body 60 times over 10 connections: once 200, then 400', async () => {
    const answers: (readonly [number, unknown])[] = []
    for (let round = 0; round < 6; round++)
      answers.push(...(await Promise.all(Array.from({ length: 10 }, () => bodyOf(post(server.origin, heyBody))))))
    const booked = answers.filter(([status]) => status === 200)
    expect(booked).toEqual([[200, JSON.parse(heyBody)]])
    const refusal = { message: '900127015527 has a place already', status: 'Failed' }
    expect(answers.filter(([status]) => status !== 200)).toEqual(Array.from({ length: 59 }, () => [400, refusal]))
    expect((await bodyOf(get('/stations/PWTC')))[1]).toMatchObject([{ availability: 19 }, { availability: 20 }])
  })

  it('takes what the original takes: nothing but a person, a station and a day, and fields that nobody knows', async () => {
    const sparse = { mysejahteraId: 'sparse', location: 'PWTC', date: '20210517', email: 'x@example.com' }
    const stored = { mysejahteraId: 'sparse', location: 'PWTC', date: '20210517' }
    const empty = { firstName: '', lastName: '', address: '', phoneNumber: '' }
    expect(await bodyOf(post(server.origin, sparse))).toEqual([200, { ...stored, ...empty }])
  })

  it.each([
    [{ ...wishOf('x'), mysejahteraId: '' }, 'MySejahteraID cannot be empty'],
    [{ location: 'PWTC', date: '20210516' }, 'MySejahteraID cannot be empty'],
    [wishOf('x', { location: 'Nowhere' }), 'station location:Nowhere:20210516 location & date combination is invalid'],
    [wishOf('x', { date: '20220101' }), 'station location:PWTC:20220101 location & date combination is invalid'],
    [wishOf('x', { date: '20210230' }), 'date: is not a day of the calendar'],
    ['{"mysejahteraId"', expect.stringContaining('JSON')],
    ['x'.repeat(20_000), expect.stringContaining('large')],
    ['[]', expect.stringContaining('body')],
  ])('refuses with 400 and its reason: %j', async (body, message) => {
    expect(await bodyOf(post(server.origin, body))).toEqual([400, { message, status: 'Failed' }])
  })

  it('says that the day is full, as the original does, sells no place twice, and publishes each booking', async () => {
    const wishes = Array.from({ length: 12 }, (_, index) => wishOf(`rush-${index}`, { location: 'Small' }))
    const answers = await Promise.all(wishes.map((wish) => bodyOf(post(server.origin, wish))))
    const full = { message: 'Sorry, station is fully booked', status: 'Failed' }
    expect(answers.filter(([status]) => status === 400)).toEqual(Array.from({ length: 9 }, () => [400, full]))
    const booked = wishes.filter((_, index) => answers[index]![0] === 200)
    expect(booked).toHaveLength(3)
    await expect.poll(async () => (await published(place)).length).toBe(5)
    expect(await audit(place, acknowledged(booked))).toMatchObject({ passed: true })
    expect(errors).toEqual([])
  })
})
