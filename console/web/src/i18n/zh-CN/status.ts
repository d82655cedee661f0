/** 最近半小时的指标。 */
export const status = {
  'nav.status': '运行状态',
  'status.title': '运行状态',
  'status.lead': '各账本最近半小时的运行指标，取自其自身的监控数据，由控制台自启动起保存。',
  'status.open': '详情',
  'status.dashboard': '监控面板',
  'status.unheard': '监控地址没有应答：节点已停止，或网络策略不允许控制台访问。',
  'status.noneYet': '尚未收到数据。',
  'status.operations': '每分钟操作数',
  'status.blockAge': '距上一区块',
  'status.commit': '取得回执用时',
  'status.waiting': '等待回执的操作',
  'status.packet': '在途最久的数据包',
  'status.volume': '存储卷使用率',
  'status.line': '{{label}}（最近半小时），最高 {{most}}',
  'status.support': '支持包',
  'status.supportBody':
    '供支持人员了解城市状况：版本、资源、日志和指标。不含密钥，个人信息已遮盖。如果要求第二因素登录，请在登录后再次点击。',
  'status.supportGet': '下载',
};
