export type FieldType = 'INT64' | 'INT32' | 'DOUBLE' | 'STRING' | 'BOOLEAN' | 'ENUM' | 'DATE' | 'RESOURCE_NAME'

export interface Field {
  /** `resource.field`, snake case. */
  name: string
  /** The part before the first point: a resource, `metrics` or `segments`. */
  owner: string
  type: FieldType
  values: readonly string[]
  repeated: boolean
  /** A proto3 field without presence: its zero value is left out of the JSON. */
  omitsZero: boolean
}

interface ResourceSpec {
  fields: readonly Field[]
  /** Resources whose fields may be selected along with this one. */
  attributed: readonly string[]
  hasMetrics: boolean
}

const customerStatus = ['UNSPECIFIED', 'UNKNOWN', 'ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED']
const accessRole = ['UNSPECIFIED', 'UNKNOWN', 'ADMIN', 'STANDARD', 'READ_ONLY', 'EMAIL_ONLY']
const managerLinkStatus = ['UNSPECIFIED', 'UNKNOWN', 'ACTIVE', 'INACTIVE', 'PENDING', 'REFUSED', 'CANCELED']
const invitationStatus = ['UNSPECIFIED', 'UNKNOWN', 'PENDING', 'DECLINED', 'EXPIRED']
const enabledPausedRemoved = ['UNSPECIFIED', 'UNKNOWN', 'ENABLED', 'PAUSED', 'REMOVED']
const servingStatus = ['UNSPECIFIED', 'UNKNOWN', 'SERVING', 'NONE', 'ENDED', 'PENDING', 'SUSPENDED']
// biome-ignore format: one look
const primaryStatus = [
  'UNSPECIFIED', 'UNKNOWN', 'ELIGIBLE', 'PAUSED', 'REMOVED', 'ENDED', 'PENDING', 'MISCONFIGURED', 'LIMITED', 'LEARNING',
  'NOT_ELIGIBLE',
]
// biome-ignore format: one look
const channelType = [
  'UNSPECIFIED', 'UNKNOWN', 'SEARCH', 'DISPLAY', 'SHOPPING', 'HOTEL', 'VIDEO', 'MULTI_CHANNEL', 'LOCAL', 'SMART',
  'PERFORMANCE_MAX', 'LOCAL_SERVICES', 'TRAVEL', 'DEMAND_GEN',
]
// biome-ignore format: one look
const biddingStrategyType = [
  'UNSPECIFIED', 'UNKNOWN', 'COMMISSION', 'ENHANCED_CPC', 'MANUAL_CPA', 'MANUAL_CPC', 'MANUAL_CPM', 'MANUAL_CPV',
  'MAXIMIZE_CONVERSIONS', 'MAXIMIZE_CONVERSION_VALUE', 'PERCENT_CPC', 'TARGET_CPA', 'TARGET_CPM', 'TARGET_CPV',
  'TARGET_IMPRESSION_SHARE', 'TARGET_ROAS', 'TARGET_SPEND',
]
const budgetStatus = ['UNSPECIFIED', 'UNKNOWN', 'ENABLED', 'REMOVED']
const deliveryMethod = ['UNSPECIFIED', 'UNKNOWN', 'STANDARD', 'ACCELERATED']
const device = ['UNSPECIFIED', 'UNKNOWN', 'MOBILE', 'TABLET', 'DESKTOP', 'CONNECTED_TV', 'OTHER']
// biome-ignore format: one look
const dayOfWeek = [
  'UNSPECIFIED', 'UNKNOWN', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY',
]

type Shape = FieldType | readonly string[] | { type: FieldType; repeated?: true; omitsZero?: true }

const owners: Record<string, readonly Field[]> = {
  customer: fields('customer', {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    descriptive_name: 'STRING',
    currency_code: 'STRING',
    time_zone: 'STRING',
    manager: 'BOOLEAN',
    test_account: 'BOOLEAN',
    status: customerStatus,
    auto_tagging_enabled: 'BOOLEAN',
    has_partners_badge: 'BOOLEAN',
    tracking_url_template: 'STRING',
    final_url_suffix: 'STRING',
    optimization_score: 'DOUBLE',
    optimization_score_weight: { type: 'DOUBLE', omitsZero: true },
    'conversion_tracking_setting.conversion_tracking_id': 'INT64',
    'call_reporting_setting.call_reporting_enabled': 'BOOLEAN',
  }),
  customer_client: fields('customer_client', {
    resource_name: 'RESOURCE_NAME',
    client_customer: 'RESOURCE_NAME',
    hidden: 'BOOLEAN',
    level: 'INT64',
    time_zone: 'STRING',
    test_account: 'BOOLEAN',
    manager: 'BOOLEAN',
    descriptive_name: 'STRING',
    currency_code: 'STRING',
    id: 'INT64',
    applied_labels: { type: 'RESOURCE_NAME', repeated: true },
    status: customerStatus,
  }),
  customer_user_access: fields('customer_user_access', {
    resource_name: 'RESOURCE_NAME',
    user_id: { type: 'INT64', omitsZero: true },
    email_address: 'STRING',
    access_role: accessRole,
    access_creation_date_time: 'DATE',
    inviter_user_email_address: 'STRING',
    passkey_enabled: 'BOOLEAN',
    pending_multi_party_auth_review: 'RESOURCE_NAME',
  }),
  customer_user_access_invitation: fields('customer_user_access_invitation', {
    resource_name: 'RESOURCE_NAME',
    invitation_id: { type: 'INT64', omitsZero: true },
    access_role: accessRole,
    email_address: { type: 'STRING', omitsZero: true },
    creation_date_time: { type: 'DATE', omitsZero: true },
    invitation_status: invitationStatus,
  }),
  customer_manager_link: fields('customer_manager_link', {
    resource_name: 'RESOURCE_NAME',
    manager_customer: 'RESOURCE_NAME',
    manager_link_id: 'INT64',
    status: managerLinkStatus,
  }),
  customer_client_link: fields('customer_client_link', {
    resource_name: 'RESOURCE_NAME',
    client_customer: 'RESOURCE_NAME',
    manager_link_id: 'INT64',
    status: managerLinkStatus,
    hidden: 'BOOLEAN',
  }),
  campaign: fields('campaign', {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    name: 'STRING',
    status: enabledPausedRemoved,
    serving_status: servingStatus,
    primary_status: primaryStatus,
    advertising_channel_type: channelType,
    bidding_strategy_type: biddingStrategyType,
    campaign_budget: 'RESOURCE_NAME',
    start_date_time: 'DATE',
    end_date_time: 'DATE',
    labels: { type: 'RESOURCE_NAME', repeated: true },
    optimization_score: 'DOUBLE',
  }),
  campaign_budget: fields('campaign_budget', {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    name: 'STRING',
    amount_micros: 'INT64',
    status: budgetStatus,
    delivery_method: deliveryMethod,
    explicitly_shared: 'BOOLEAN',
    reference_count: 'INT64',
  }),
  metrics: fields('metrics', {
    impressions: 'INT64',
    clicks: 'INT64',
    interactions: 'INT64',
    cost_micros: 'INT64',
    ctr: 'DOUBLE',
    interaction_rate: 'DOUBLE',
    average_cpc: 'DOUBLE',
    average_cpm: 'DOUBLE',
    average_cost: 'DOUBLE',
    conversions: 'DOUBLE',
    all_conversions: 'DOUBLE',
    conversions_value: 'DOUBLE',
    cost_per_conversion: 'DOUBLE',
    value_per_conversion: 'DOUBLE',
    conversions_from_interactions_rate: 'DOUBLE',
  }),
  segments: fields('segments', {
    date: 'DATE',
    week: 'DATE',
    month: 'DATE',
    quarter: 'DATE',
    year: 'INT32',
    day_of_week: dayOfWeek,
    device,
  }),
}

/** Date segments: may filter without being selected, and need a finite range. */
export const CORE_DATE_SEGMENTS = new Set(['date', 'week', 'month', 'quarter', 'year'].map(name => `segments.${name}`))

export const resources: Record<string, ResourceSpec> = {
  customer: resource('customer', [], true),
  customer_client: resource('customer_client', ['customer'], false),
  customer_user_access: resource('customer_user_access', ['customer'], false),
  customer_user_access_invitation: resource('customer_user_access_invitation', ['customer'], false),
  customer_manager_link: resource('customer_manager_link', ['customer'], false),
  customer_client_link: resource('customer_client_link', ['customer'], false),
  campaign: resource('campaign', ['customer', 'campaign_budget'], true),
  campaign_budget: resource('campaign_budget', ['customer'], false),
}

const byName = new Map(Object.values(owners).flatMap(list => list.map(field => [field.name, field])))

/** Every field of every resource, with metrics and segments. */
export const catalog: readonly Field[] = [...byName.values()]

/** The description of a field by its full name, or undefined. */
export function findField(name: string): Field | undefined {
  return byName.get(name)
}

function fields(owner: string, shapes: Record<string, Shape>): Field[] {
  return Object.entries(shapes).map(([name, shape]) => {
    const base = { name: `${owner}.${name}`, owner, values: [], repeated: false, omitsZero: false }
    if (typeof shape === 'string') return { ...base, type: shape }
    if ('type' in shape) return { ...base, ...shape }
    return { ...base, type: 'ENUM', values: shape, omitsZero: true }
  })
}

function resource(name: string, attributed: string[], hasMetrics: boolean): ResourceSpec {
  return { fields: owners[name] ?? [], attributed, hasMetrics }
}
