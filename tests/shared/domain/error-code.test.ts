import { describe, expect, expectTypeOf, it } from 'vitest'
import { problem } from '../../../src/shared/api/problem.ts'
import type { DomainError } from '../../../src/shared/domain/domain-error.ts'
import { ERROR_CODES, type ErrorCode } from '../../../src/shared/domain/error-code.ts'
import type { ServiceError } from '../../../src/shared/domain/service-error.ts'

describe('the codes of errors', () => {
  it('stand in alphabetical order, each once', () => {
    expect(ERROR_CODES).toEqual([...new Set(ERROR_CODES)].sort())
  })

  it('are the only codes that compile: a misspelt one does not', () => {
    expectTypeOf<'user_banned'>().toExtend<ErrorCode>()
    expectTypeOf<'user_baned'>().not.toExtend<ErrorCode>()
    expectTypeOf<string>().not.toExtend<ErrorCode>()
  })

  it('are what errors and problem documents take', () => {
    expectTypeOf<ServiceError['code']>().toEqualTypeOf<ErrorCode>()
    expectTypeOf<DomainError['code']>().toEqualTypeOf<ErrorCode>()
    expectTypeOf(problem).parameter(1).toEqualTypeOf<ErrorCode>()
    expectTypeOf(problem).returns.toHaveProperty('code').toEqualTypeOf<ErrorCode>()
  })
})
