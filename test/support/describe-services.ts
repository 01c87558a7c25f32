import { describe } from 'vitest'

/** A suite for each of these servers, skipped for those that `findService` did not find, so that every one is named. */
export function describeServices(
  services: Readonly<Record<string, string | null>>,
  suite: (name: string, url: string) => void,
): void {
  for (const [name, url] of Object.entries(services)) {
    describe.skipIf(url === null)(`on ${name}`, () => {
      suite(name, url ?? '')
    })
  }
}
