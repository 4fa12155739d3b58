import { page, type ProblemPage } from './problem-page.ts'

/**
 * Problems of the segment of a campaign. They occur in the answer of a call, or as the `problem` of
 * a version.
 */
export const SEGMENT_PROBLEMS = {
  'segment-invalid': page(
    422,
    'The definition is not valid',
    'The body is valid JSON, but not a valid definition of a segment. `errors` lists the faults (at most 50), each with its place (a JSON pointer), a code and an explanation. Nothing was kept.',
    '{"contactListIds":["l1"],"conditions":{"attribute":"age","operator":">","value":"30"}}: the value must be a number (30), because `>` does not compare text.',
    'Correct every place that `errors` names. The API document describes the forms and the operators. docs/segments.md shows when each operator is true.',
  ),
  'segment-needs-confirm': page(
    409,
    'The segment needs a confirmation',
    'With this segment, the campaign would dial nobody (`unsatisfiable`, `swallowed-by-exclusion`), or too many contacts would enter or leave the selection of the campaign (`change-past-share`). The variable SEGMENT_CONFIRM_SHARE sets the limit, as a percentage of the contacts that the version in force selects. `reasons` names the reasons, and `analysis` explains them. Nothing was changed.',
    '{"all":[{"attribute":"age","operator":"<","value":20},{"attribute":"age","operator":">","value":30}]}',
    'Read `analysis`. If you want this change, set `confirm` to `analysis.digest`. Send the same definition again, with a new Idempotency-Key.',
  ),
  'segment-too-complex': page(
    422,
    'The rules are too long or too complex for Genesys',
    'The gateway translates the definition for Genesys. The result is too long or too complex. The guide dialect allows at most 50 rules, and at most 2,048 characters in each rule. The platform dialect allows one filter with at most 10 conditions and two levels. `errors` names the rule.',
    'A definition for the platform dialect with eleven different comparisons.',
    'Simplify the rule that `errors` names: use fewer comparisons, or `in` instead of many `=`. Or calculate the result in your system, and send it in an additional column.',
  ),
  'attribute-not-expressible': page(
    422,
    'Genesys cannot name this column in a rule',
    'The guide dialect writes rules as text. In a rule, the name of a column can have only letters, digits and `_`. It must not begin with a digit, and it must not be AND, OR, NOT, IN or listId. `errors` names the rule.',
    'A column named "last contact" or "AND".',
    'Rename the column in the contact list.',
  ),
  'operator-not-expressible': page(
    422,
    'Genesys does not have this operator',
    'The guide dialect has only `=`, `!=`, `<`, `<=`, `>`, `>=`, `in` and `between`. `contains`, `beginsWith`, `endsWith`, `before` and `after` need the platform dialect. `errors` names the rule.',
    '{"attribute":"city","operator":"contains","value":"York"} with the guide dialect.',
    'Use a different operator. Or calculate the result in your system, and send it in an additional column.',
  ),
  'campaign-list-differs': page(
    422,
    'The segment must name the contact list of the campaign, and no other list',
    'In the platform dialect, a campaign dials exactly one contact list. `contactListIds` must name this list and no other list. In the `problem` of a version, this code means that someone replaced the list of the campaign before the version was applied.',
    'A definition that names two lists.',
    'Send the id of the campaign’s own contact list, or replace the list of the campaign in Genesys.',
  ),
  'campaign-running': page(
    409,
    'The campaign is running',
    'Genesys cannot change the filter of a running campaign, so the campaign has to stop. While a campaign is stopped, its agents have no work, so the gateway stops a campaign only if you request this. In the `problem` of a version, this code means that the campaign was started before the version was applied.',
    'PUT …/segment for a running campaign.',
    'Stop the campaign in Genesys and send the segment again. Or send the segment with `"activation": "restart"`. The gateway then stops the campaign, applies the segment and starts the campaign again.',
  ),
  'campaign-left-off': page(
    409,
    'The campaign was not started again',
    'This code appears only in the `problem` of a version. The gateway stopped the campaign and applied the segment, but did not start the campaign again. The reason is one of these: someone changed the campaign in the meantime, the campaign was stopped for more than 10 minutes, or Genesys refused to start the campaign.',
    'An outage of Genesys between stop and start.',
    'Check the campaign in Genesys and start it there.',
  ),
  'genesys-rule-refused': page(
    422,
    'Genesys refused a rule',
    'This code appears only in the `problem` of a version. Genesys refused the translated definition. If Genesys reports which rule it refused, `path` shows the place of this rule in your definition. The previous rules stay in force.',
    'A rule uses a column that was just deleted in Genesys.',
    'Check the rule at `path`. `compiled` shows the translation that the gateway sent to Genesys. Correct the rule and send the segment again.',
  ),
  'segment-superseded': page(
    409,
    'A newer version replaced this version',
    'This code appears only in the `problem` of a version. Someone sent a newer version for the same campaign before this version was applied. The newer version is applied instead.',
    'Two PUTs within a second.',
    'You do not have to do anything. If you always send `If-Match` with the ETag that you read, you never replace a version that you have not seen.',
  ),
  'segment-held-genesys-unavailable': page(
    503,
    'The segment waits for Genesys',
    'This code appears only in the `problem` of a version. Genesys does not answer, or refuses the gateway’s credentials. The gateway continues to try.',
    'An outage of Genesys.',
    'Wait. If this takes long, ask an operator to check Genesys and the OAuth client.',
  ),
  'segment-held-campaign-busy': page(
    409,
    'The campaign has been busy for an hour',
    'This code appears only in the `problem` of a version. One of these three has lasted for more than an hour: Genesys is rebuilding the index of the campaign, the campaign is stopping, or Genesys refuses each change of the campaign. The gateway checks at least once a minute and applies the segment as soon as it can.',
    'A very large list that is being changed.',
    'Check the campaign in Genesys. In the gateway, you do not have to do anything.',
  ),
  'segment-held-campaign-refused': page(
    409,
    'Genesys does not allow access to this campaign',
    'This code appears only in the `problem` of a version. Genesys answers 403 or 404 for the campaign, or for an object that the rules use. After a 403, the detail names the right that is probably missing.',
    'The OAuth client lacks outbound:campaign:edit.',
    'Ask an operator to grant the right (docs/genesys-setup.md), or to restore the missing object in Genesys. Then call POST …/segment/resume.',
  ),
  'segment-not-held': page(
    409,
    'The segment is not held',
    'You can resume a version only if it is `held` for the reason `campaign_refused`. A version that is held for a different reason resumes by itself.',
    'POST …/segment/resume for a segment in the state applied.',
    'Read the segment to see its present state.',
  ),
} as const satisfies Record<string, ProblemPage>
