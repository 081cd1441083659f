/** The part of oidc-provider that the tests use. The package has no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  export interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    callback(): RequestListener
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
    readonly Grant: new (of: {
      readonly clientId: string
      readonly accountId: string
    }) => Grant
    readonly Client: { find(clientId: string): Promise<Client> }
    readonly IdToken: new (
      claims: Readonly<Record<string, unknown>>,
      context: { readonly ctx: { readonly oidc: { readonly client: Client; readonly provider: Provider } } },
    ) => { scope: string; issue(options: { readonly use: 'idtoken' }): Promise<string> }
  }
}
