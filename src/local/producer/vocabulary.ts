type Choices = readonly [string, ...string[]];

export const TENANTS: Choices = ['aldersey-foods', 'brücke-mobility', 'hoshino-logistics', 'ribeiro-energia'];

export const PEOPLE: Choices = [
  'Amélie Fournier',
  'Björn Þórsson',
  'Chinedu Okafor',
  'Dağhan Çelik',
  'Eleni Παπαδοπούλου',
  'Fatima Al-Zahra',
  'Grace O’Neill',
  'Håkon Ødegård',
  'Irina Соколова',
  'João Magalhães',
  '小林 健太',
  'Łukasz Żak',
  'María José Peña',
  'Nguyễn Thị Hương',
  'Priya रामन',
  '김서연',
  'Siobhán Ní Bhriain',
  'Tomáš Dvořák',
  'Zoë van der Berg',
  'יעל כהן',
];

export const SUBJECTS: Choices = [
  'Monthly revenue',
  'Customer churn',
  'Umsatz nach Region – Köln',
  'Ventes d’été ☀️',
  '在庫回転率',
  'Warehouse stock',
  'Support tickets “open > 7 days”',
  'Marketing spend / leads',
  'Отток клиентов',
  'تقرير المبيعات',
  'Headcount & attrition',
  'Cohort retention',
  'Gross margin (%)',
  'Delivery times',
  'Funnel: visit → trial → paid',
  'Invoices overdue',
];

export const QUALIFIERS: Choices = [
  '2025',
  '2026 Q1',
  '2026 Q2',
  'draft',
  'EMEA',
  'APAC',
  'by team',
  'weekly',
  'v2',
  '(final)',
  '(final, really)',
  '🚀',
];

export const WORKSPACES: Choices = [
  'Finance',
  'Sales',
  'Opérations',
  'Kundenservice',
  '経営企画',
  'Growth',
  'Data platform',
];

export const TAGS: Choices = [
  'board',
  'confidential',
  'kpi',
  'weekly',
  'to-review',
  'deprecated',
  'équipe',
  '重要',
  'finance',
  'q3',
];

export const ROLES: Choices = ['viewer', 'editor', 'admin'];

export const USER_AGENTS: Choices = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
];
