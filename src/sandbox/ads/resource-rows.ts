import type { Value } from '../gaql/condition.ts'
import { type DayNumber, isoDate } from '../gaql/date-ranges.ts'
import type { Account, Activity, Campaign } from '../scenario.ts'
import type { World } from '../world.ts'

/** One thing a query can be about: its attributes by full field name, and whose activity its metrics add up. */
export interface Entity {
  attributes: Record<string, Value>
  activities: readonly Activity[]
}

/** Everything of one kind that a customer holds; with the customer's own attributes on each where they are wanted. */
export function entitiesOf(
  from: string,
  account: Account,
  { world, today, withCustomer }: { world: World; today: DayNumber; withCustomer: boolean },
): Entity[] {
  const rows = ROWS[from]
  if (!rows) throw new Error(`no rows for ${from}`)
  const entities = rows(account, world, today)
  if (!withCustomer || from === 'customer') return entities
  const customer = customerAttributes(account)
  return entities.map(({ attributes, activities }) => ({ attributes: { ...customer, ...attributes }, activities }))
}

type Rows = (account: Account, world: World, today: DayNumber) => Entity[]

const ROWS: Record<string, Rows> = {
  customer: account => [
    { attributes: customerAttributes(account), activities: account.campaigns.map(({ activity }) => activity) },
  ],
  customer_client: (root, { graph }) =>
    [...graph.reach(root.id).values()].map(({ account, level, hidden }) =>
      entity({
        'customer_client.resource_name': `customers/${root.id}/customerClients/${account.id}`,
        'customer_client.client_customer': `customers/${account.id}`,
        'customer_client.hidden': hidden,
        'customer_client.level': level,
        'customer_client.time_zone': account.timeZone,
        'customer_client.test_account': account.testAccount,
        'customer_client.manager': account.kind === 'manager',
        'customer_client.descriptive_name': account.name,
        'customer_client.currency_code': account.currency,
        'customer_client.id': Number(account.id),
        'customer_client.applied_labels': [],
        'customer_client.status': account.status,
      }),
    ),
  customer_user_access: (account, world) =>
    world.scenario.grants
      .filter(grant => grant.account === account.id)
      .map(({ person, role, since, invitedBy }) => {
        const user = world.person(person)
        const userId = Number((user?.sub ?? '').slice(-9))
        return entity({
          'customer_user_access.resource_name': `customers/${account.id}/customerUserAccesses/${userId}`,
          'customer_user_access.user_id': userId,
          'customer_user_access.email_address': user?.email,
          'customer_user_access.access_role': role,
          'customer_user_access.access_creation_date_time': since,
          'customer_user_access.inviter_user_email_address': invitedBy,
          'customer_user_access.passkey_enabled': user?.kind === 'service_account' ? undefined : false,
        })
      }),
  customer_user_access_invitation: (account, world) =>
    world.scenario.invitations
      .filter(invitation => invitation.account === account.id)
      .map(({ id, role, email, createdAt, status }) =>
        entity({
          'customer_user_access_invitation.resource_name': `customers/${account.id}/customerUserAccessInvitations/${id}`,
          'customer_user_access_invitation.invitation_id': Number(id),
          'customer_user_access_invitation.access_role': role,
          'customer_user_access_invitation.email_address': email,
          'customer_user_access_invitation.creation_date_time': createdAt,
          'customer_user_access_invitation.invitation_status': status,
        }),
      ),
  customer_manager_link: (account, { graph }) =>
    graph.linksAbove(account.id).map(({ manager, id, status }) =>
      entity({
        'customer_manager_link.resource_name': `customers/${account.id}/customerManagerLinks/${manager}~${id}`,
        'customer_manager_link.manager_customer': `customers/${manager}`,
        'customer_manager_link.manager_link_id': Number(id),
        'customer_manager_link.status': status,
      }),
    ),
  customer_client_link: (account, { graph }) =>
    graph.linksBelow(account.id).map(({ client, id, status, hidden }) =>
      entity({
        'customer_client_link.resource_name': `customers/${account.id}/customerClientLinks/${client}~${id}`,
        'customer_client_link.client_customer': `customers/${client}`,
        'customer_client_link.manager_link_id': Number(id),
        'customer_client_link.status': status,
        'customer_client_link.hidden': hidden,
      }),
    ),
  campaign: (account, _world, today) =>
    account.campaigns.map(campaign => ({
      attributes: { ...campaignAttributes(campaign, account, today), ...budgetAttributes(campaign, account) },
      activities: [campaign.activity],
    })),
  campaign_budget: account => account.campaigns.map(campaign => entity(budgetAttributes(campaign, account))),
}

function entity(attributes: Record<string, Value>): Entity {
  return { attributes, activities: [] }
}

function customerAttributes(account: Account): Record<string, Value> {
  const isManager = account.kind === 'manager'
  return {
    'customer.resource_name': `customers/${account.id}`,
    'customer.id': Number(account.id),
    'customer.descriptive_name': account.name,
    'customer.currency_code': account.currency,
    'customer.time_zone': account.timeZone,
    'customer.manager': isManager,
    'customer.test_account': account.testAccount,
    'customer.status': account.status,
    'customer.auto_tagging_enabled': !isManager,
    'customer.has_partners_badge': false,
    'customer.optimization_score': isManager ? undefined : Number(account.id.slice(-2)) / 100,
    'customer.optimization_score_weight': 0,
    'customer.call_reporting_setting.call_reporting_enabled': true,
  }
}

function campaignAttributes(campaign: Campaign, account: Account, today: DayNumber): Record<string, Value> {
  const { id, name, status, channel, primaryStatus, startDaysAgo } = campaign
  const byStatus = { ENABLED: 'ELIGIBLE', PAUSED: 'PAUSED', REMOVED: 'REMOVED' }[status]
  return {
    'campaign.resource_name': `customers/${account.id}/campaigns/${id}`,
    'campaign.id': Number(id),
    'campaign.name': name,
    'campaign.status': status,
    'campaign.serving_status': status === 'ENABLED' ? 'SERVING' : 'NONE',
    'campaign.primary_status': primaryStatus ?? byStatus,
    'campaign.advertising_channel_type': channel,
    'campaign.bidding_strategy_type': channel === 'SEARCH' ? 'TARGET_SPEND' : 'MAXIMIZE_CONVERSION_VALUE',
    'campaign.campaign_budget': `customers/${account.id}/campaignBudgets/${budgetId(campaign)}`,
    'campaign.start_date_time': `${isoDate(today - startDaysAgo)} 00:00:00`,
    'campaign.labels': [],
    'campaign.optimization_score': status === 'ENABLED' ? 0.82 : undefined,
  }
}

function budgetAttributes(campaign: Campaign, account: Account): Record<string, Value> {
  return {
    'campaign_budget.resource_name': `customers/${account.id}/campaignBudgets/${budgetId(campaign)}`,
    'campaign_budget.id': Number(budgetId(campaign)),
    'campaign_budget.name': `Budget of ${campaign.name}`,
    'campaign_budget.amount_micros': campaign.budgetMicros,
    'campaign_budget.status': 'ENABLED',
    'campaign_budget.delivery_method': 'STANDARD',
    'campaign_budget.explicitly_shared': false,
    'campaign_budget.reference_count': 1,
  }
}

function budgetId({ id }: Campaign): string {
  return String(Number(id) + 500_000_000)
}
