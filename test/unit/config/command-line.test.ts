import { expect, it } from 'vitest'
import { splitWords } from '../../../src/lib/config/command-line.ts'

it.each([
  ['load --users 5', ['load', '--users', '5']],
  ["  load   --threshold 'p50 < 5 ms' ", ['load', '--threshold', 'p50 < 5 ms']],
  [`--a="x 'y'" ''`, ["--a=x 'y'", '']],
  ['', []],
  ['$HOME `ls` *', ['$HOME', '`ls`', '*']],
])('%j', (line, words) => expect(splitWords(line)).toEqual(words))

it('refuses a quote that is left open', () => expect(() => splitWords("load 'x")).toThrow('left open in "load \'x"'))
