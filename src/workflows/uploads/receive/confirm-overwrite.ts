import { hasScope } from '../../../domain/access/access.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadRequest } from '../../contract.ts'

/**
 * Allows an overwrite only if the key may overwrite and the caller has named the list. These checks
 * protect the list: an overwrite replaces its content, and Genesys then rebuilds its index, unbinds
 * campaigns and resets pacing [guide-api: Contacts].
 */
export const checkOverwrite = ({ caller, contactListId, options }: UploadRequest): void => {
  const { mode, confirmOverwrite } = options
  if (mode !== 'overwrite') {
    if (confirmOverwrite === undefined) return
    throw new GatewayProblem('option-invalid', 'confirmOverwrite works only with mode=overwrite.', {
      options: ['confirmOverwrite'],
    })
  }
  if (!hasScope(caller.scopes, 'uploads:overwrite')) {
    throw new GatewayProblem('scope-missing', 'mode=overwrite needs the scope uploads:overwrite.', {
      scope: 'uploads:overwrite',
    })
  }
  if (confirmOverwrite === undefined) {
    throw new GatewayProblem(
      'overwrite-not-confirmed',
      'mode=overwrite replaces everything in the list, rebuilds its index, unbinds its campaigns and resets their pacing. Confirm this with confirmOverwrite.',
    )
  }
  if (confirmOverwrite !== contactListId) {
    throw new GatewayProblem(
      'overwrite-confirmation-differs',
      'confirmOverwrite differs from the id of this contact list.',
    )
  }
}
