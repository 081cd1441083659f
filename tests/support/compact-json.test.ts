import { describe, expect, it } from 'vitest'
import { compactJson } from './compact-json.ts'

describe('compact JSON', () => {
  it('writes what JSON.stringify writes, besides space', () => {
    const value = {
      text: 'a "b" \n',
      list: [1, null, [], {}, [true]],
      absent: undefined,
      deep: { a: { b: 'x'.repeat(150) } },
    }

    expect(JSON.stringify(JSON.parse(compactJson(value)))).toBe(JSON.stringify(value))
  })

  it('writes a value on one line where it fits, and otherwise a member on each line', () => {
    const long = 'x'.repeat(120)

    expect(compactJson({ list: [1, 2], more: { a: 'b' } })).toBe('{ "list": [1, 2], "more": { "a": "b" } }')
    expect(compactJson({ long, list: [1, 2] })).toBe(`{\n  "long": "${long}",\n  "list": [1, 2]\n}`)
  })
})
