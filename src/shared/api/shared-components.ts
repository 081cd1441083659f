/** Media type of problem documents. */
export const PROBLEM_TYPE = 'application/problem+json'

type Named<Member> = Readonly<Record<string, Member>>

interface Parameter {
  readonly in: string
  readonly name: string
}

interface Media {
  readonly examples?: Named<unknown>
}

interface Response {
  readonly headers?: Named<unknown>
  readonly content?: Named<Media>
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly responses: Named<Response>
}

export type Paths = Named<Named<Operation>>

/**
 * Moves what the operations repeat to shared components, and refers to it: refusals with their examples, parameters and
 * headers. A refusal has the name of its codes, so that refusals with the same codes stand in the document once.
 */
export function shareComponents(paths: Paths) {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  const successes = operations.flatMap(({ responses }) => Object.values(responses)).filter((it) => !codesOf(it))
  const responses: Record<string, Response> = {}
  const examples: Record<string, unknown> = {}
  const parameters = repeatedParts(
    'parameters',
    operations.flatMap((operation) => operation.parameters ?? []),
  )
  const headers = repeatedParts(
    'headers',
    successes.flatMap((response) => Object.values(response.headers ?? {})),
  )

  const shareExamples = (media: Media) => ({
    ...media,
    examples: mapValues(media.examples ?? {}, (example, code) => {
      examples[code] ??= example
      return reference('examples', code)
    }),
  })
  const shareResponse = (response: Response) => {
    const codes = codesOf(response)
    if (!codes) {
      if (!response.headers) return response
      return { ...response, headers: mapValues(response.headers, (header, name) => headers.share(name, header)) }
    }
    const name = codes.map(pascalCase).join('Or')
    responses[name] ??= { ...response, content: mapValues(response.content ?? {}, shareExamples) }
    return reference('responses', name)
  }
  const shareOperation = (operation: Operation) => ({
    ...operation,
    ...(operation.parameters && {
      parameters: operation.parameters.map((parameter) =>
        parameters.share(pascalCase(`${parameter.in}-${parameter.name}`), parameter),
      ),
    }),
    responses: mapValues(operation.responses, shareResponse),
  })
  return {
    paths: mapValues(paths, (methods) => mapValues(methods, shareOperation)),
    components: { examples, headers: headers.shared, parameters: parameters.shared, responses },
  }
}

/** The codes of a refusal; undefined for every other response. */
function codesOf({ content = {} }: Response): readonly string[] | undefined {
  const problem = content[PROBLEM_TYPE]
  return problem && Object.keys(problem.examples ?? {})
}

/** Shares the parts that occur more than once. Of different parts with one name, the first is shared. */
function repeatedParts(kind: string, all: readonly unknown[]) {
  const occurrences = Map.groupBy(all, (part) => JSON.stringify(part))
  const shared: Record<string, unknown> = {}
  return {
    shared,
    share: (name: string, part: unknown) => {
      const text = JSON.stringify(part)
      if ((occurrences.get(text)?.length ?? 0) < 2) return part
      shared[name] ??= part
      return JSON.stringify(shared[name]) === text ? reference(kind, name) : part
    },
  }
}

function reference(kind: string, name: string) {
  return { $ref: `#/components/${kind}/${name}` }
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|[-_])([a-z])/gi, (_match, letter: string) => letter.toUpperCase())
}

function mapValues<In, Out>(record: Named<In>, map: (value: In, key: string) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}
