import django.db.models.deletion
import django.db.models.expressions
import targets.models.measure
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("changelog", "0001_initial"),
        ("communities", "0001_initial"),
        ("periods", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TargetPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, verbose_name="代码")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版本")),
                ("is_current", models.BooleanField(default=True, editable=False, verbose_name="现行版本")),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("document", models.CharField(help_text="文号和标题", max_length=200, verbose_name="文件")),
                ("starts_on", models.DateField(verbose_name="起")),
                ("ends_on", models.DateField(help_text="应达到目标之日", verbose_name="止")),
                ("made_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="修改时间")),
                ("reason", models.CharField(blank=True, editable=False, max_length=200, verbose_name="修改原因")),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="修改人",
                    ),
                ),
            ],
            options={
                "verbose_name": "目标方案",
                "verbose_name_plural": "目标方案",
                "ordering": ("starts_on", "code", "version"),
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, verbose_name="代码")),
                ("position", models.PositiveSmallIntegerField(verbose_name="顺序")),
                ("short_name", models.CharField(help_text="表格和图中使用", max_length=30, verbose_name="简称")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                ("clause", models.CharField(max_length=40, verbose_name="条款")),
                ("quotation", models.CharField(blank=True, max_length=300, verbose_name="原文")),
                (
                    "level",
                    models.CharField(
                        choices=[("community", "社区"), ("county", "县（市、区）"), ("division", "全域")],
                        max_length=10,
                        verbose_name="测评单位",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("urban", "城市社区"), ("rural", "农村社区")],
                        help_text="空表示不限",
                        max_length=5,
                        verbose_name="社区类型",
                    ),
                ),
                (
                    "minimum_population",
                    models.PositiveIntegerField(blank=True, help_text="含本数", null=True, verbose_name="人口下限"),
                ),
                ("urban_districts_only", models.BooleanField(default=False, verbose_name="仅市辖区")),
                ("indicator", models.CharField(max_length=40, verbose_name="指标")),
                (
                    "counting_rule",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="按维度列出计入的取值；未列的维度全部计入",
                        verbose_name="计数规则",
                    ),
                ),
                (
                    "per",
                    models.CharField(
                        blank=True,
                        choices=[("", "总数"), ("100_households", "每百户"), ("10000_residents", "每万人")],
                        default="",
                        max_length=20,
                        verbose_name="折算",
                    ),
                ),
                (
                    "aggregate",
                    models.CharField(
                        choices=[("each", "逐个达到"), ("mean", "平均达到"), ("coverage", "达到一定比例")],
                        default="each",
                        max_length=10,
                        verbose_name="汇总方式",
                    ),
                ),
                (
                    "at_least",
                    models.DecimalField(
                        blank=True, decimal_places=2, help_text="含本数", max_digits=12, null=True, verbose_name="下限"
                    ),
                ),
                (
                    "at_most",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="超过的单独列示",
                        max_digits=12,
                        null=True,
                        verbose_name="上限",
                    ),
                ),
                (
                    "coverage_at_least",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="含本数",
                        max_digits=5,
                        null=True,
                        verbose_name="比例下限（%）",
                    ),
                ),
                ("unit", models.CharField(max_length=10, verbose_name="计量单位")),
                ("is_scored", models.BooleanField(default=True, verbose_name="参与测评")),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="targets.targetplan",
                        verbose_name="方案",
                    ),
                ),
            ],
            options={
                "verbose_name": "目标",
                "verbose_name_plural": "目标",
                "ordering": ("plan", "position"),
            },
        ),
        migrations.CreateModel(
            name="Computation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "heartbeat_at",
                    models.DateTimeField(
                        blank=True, help_text="最近一次排队、领取或处理的时间", null=True, verbose_name="心跳"
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="尝试次数")),
                (
                    "claim_token",
                    models.CharField(
                        blank=True, editable=False, help_text="正在处理的那一次", max_length=13, verbose_name="领取标记"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "计算中"), ("finished", "已完成"), ("failed", "出错")],
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="开始时间")),
                (
                    "finished_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="现有数据算出的时间；重新计算时保留到算出新数据为止",
                        null=True,
                        verbose_name="完成时间",
                    ),
                ),
                (
                    "measured",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="现有数据测算了哪些指标，各按哪一版口径",
                        verbose_name="统计口径",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="computations",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="targets.targetplan", verbose_name="方案"
                    ),
                ),
            ],
            options={
                "verbose_name": "测量",
                "verbose_name_plural": "测量",
            },
        ),
        migrations.CreateModel(
            name="TargetResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("judged", models.PositiveIntegerField(verbose_name="参评数")),
                ("met", models.PositiveIntegerField(verbose_name="达标数")),
                ("over", models.PositiveIntegerField(help_text="超过上限，计入达标，另行列示", verbose_name="超出数")),
                ("unmet", models.PositiveIntegerField(verbose_name="未达标数")),
                ("not_applicable", models.PositiveIntegerField(verbose_name="不适用数")),
                ("unknown", models.PositiveIntegerField(verbose_name="未知数")),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=4,
                        help_text="四位小数；无参评单位为空",
                        max_digits=5,
                        null=True,
                        verbose_name="达标率",
                    ),
                ),
                (
                    "gap",
                    models.DecimalField(
                        decimal_places=2, help_text="未达标单位所缺之和，单位同目标", max_digits=14, verbose_name="缺口"
                    ),
                ),
                (
                    "value",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="覆盖率为百分数；逐个达到的目标为空",
                        max_digits=14,
                        null=True,
                        verbose_name="平均数或覆盖率",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("met", "达标"),
                            ("over", "超出上限"),
                            ("unmet", "未达标"),
                            ("not_applicable", "不适用"),
                            ("unknown", "未知"),
                        ],
                        default="",
                        help_text="逐个达到的目标为空",
                        max_length=14,
                        verbose_name="总体判定",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="communities.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="targets.target",
                        verbose_name="目标",
                    ),
                ),
            ],
            options={
                "verbose_name": "目标结果",
                "verbose_name_plural": "目标结果",
            },
        ),
        migrations.CreateModel(
            name="CommunityMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=12, verbose_name="社区代码")),
                ("name", models.CharField(max_length=60, verbose_name="社区名称")),
                ("kind", models.CharField(max_length=5, verbose_name="类型")),
                ("households", models.PositiveIntegerField(null=True, verbose_name="户数")),
                ("residents", models.PositiveIntegerField(null=True, verbose_name="常住人口")),
                (
                    "facility_area",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, null=True, verbose_name="综合服务设施面积（㎡）"
                    ),
                ),
                ("facilities", models.PositiveIntegerField(null=True, verbose_name="综合服务设施数")),
                ("organizations_registered", models.PositiveIntegerField(null=True, verbose_name="登记组织")),
                ("organizations_filed", models.PositiveIntegerField(null=True, verbose_name="街道备案组织")),
                ("organizations_guided", models.PositiveIntegerField(null=True, verbose_name="社区指导组织")),
                ("workers", models.PositiveIntegerField(null=True, verbose_name="在岗社会工作者")),
                ("community_workers", models.PositiveIntegerField(null=True, verbose_name="社区工作者")),
                ("professionals_degree_only", models.PositiveIntegerField(null=True, verbose_name="仅有专业学历")),
                ("professionals_assistant", models.PositiveIntegerField(null=True, verbose_name="助理社会工作师")),
                ("professionals_social_worker", models.PositiveIntegerField(null=True, verbose_name="社会工作师")),
                ("professionals_senior", models.PositiveIntegerField(null=True, verbose_name="高级社会工作师")),
                (
                    "figures",
                    models.JSONField(default=dict, help_text="没有单独一列的指标；未知的不列", verbose_name="其他指标"),
                ),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=targets.models.measure.cascade_unless_locked,
                        related_name="measures",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="县（市、区）",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measures",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="街道（乡镇）",
                    ),
                ),
            ],
            options={
                "verbose_name": "月度测量",
                "verbose_name_plural": "月度测量",
                "indexes": [
                    models.Index(fields=["period", "county"], name="measure_by_county"),
                    models.Index(fields=["period", "town"], name="measure_by_town"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("period", "community"),
                        name="measure_once",
                        violation_error_message="这个社区本月已有测量。",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsumedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="changelog.changeset",
                        verbose_name="变更集",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
            ],
            options={
                "verbose_name": "已计入的变更",
                "verbose_name_plural": "已计入的变更",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("period", "change_set"),
                        name="change_consumed_once",
                        violation_error_message="这一变更已计入。",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DivisionMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agencies_registered", models.PositiveIntegerField(null=True, verbose_name="登记社工机构")),
                ("agencies_filed", models.PositiveIntegerField(null=True, verbose_name="备案社工机构")),
                ("agencies_guided", models.PositiveIntegerField(null=True, verbose_name="指导社工机构")),
                ("workers", models.PositiveIntegerField(null=True, verbose_name="在岗社会工作者")),
                ("community_workers", models.PositiveIntegerField(null=True, verbose_name="社区工作者")),
                ("professionals_degree_only", models.PositiveIntegerField(null=True, verbose_name="仅有专业学历")),
                ("professionals_assistant", models.PositiveIntegerField(null=True, verbose_name="助理社会工作师")),
                ("professionals_social_worker", models.PositiveIntegerField(null=True, verbose_name="社会工作师")),
                ("professionals_senior", models.PositiveIntegerField(null=True, verbose_name="高级社会工作师")),
                (
                    "figures",
                    models.JSONField(default=dict, help_text="没有单独一列的指标；未知的不列", verbose_name="其他指标"),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measures",
                        to="communities.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="division_measures",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
            ],
            options={
                "verbose_name": "区划月度测量",
                "verbose_name_plural": "区划月度测量",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("period", "division"),
                        name="division_measure_once",
                        violation_error_message="这个区划本月已有测量。",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.UniqueConstraint(
                fields=("code", "version"),
                name="plan_version_once",
                violation_error_message="这个方案的这一版本已经存在。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)),
                fields=("code",),
                name="plan_current_once",
                violation_error_message="已有使用此代码的方案。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                name="plan_ends_after_start",
                violation_error_message="止日应晚于起日。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("made_at__isnull", True), ("made_by__isnull", True)),
                    models.Q(("made_at__isnull", False), ("made_by__isnull", False)),
                    _connector="OR",
                ),
                name="plan_made_at_and_by",
                violation_error_message="修改时间和修改人应同时填写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version", 1),
                    models.Q(("made_at__isnull", False), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="plan_version_has_reason",
                violation_error_message="修改方案应写明原因。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                fields=("plan", "code"),
                name="target_code_once_in_plan",
                violation_error_message="方案中已有此代码的目标。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_scored", False), ("at_least__isnull", False), _connector="OR"),
                name="scored_target_has_bound",
                violation_error_message="参与测评的目标应有下限。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("at_most__isnull", True), ("at_most__gte", models.F("at_least")), _connector="OR"),
                name="target_bounds_in_order",
                violation_error_message="上限不能低于下限。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("at_least__isnull", True),
                        models.Q(("at_least__gte", 0), ("at_least__lte", 1000000)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("at_most__isnull", True),
                        models.Q(("at_most__gte", 0), ("at_most__lte", 1000000)),
                        _connector="OR",
                    ),
                ),
                name="target_bounds_plausible",
                violation_error_message="上限和下限应在0到1000000之间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level", "community"),
                    models.Q(("kind", ""), ("minimum_population__isnull", True)),
                    _connector="OR",
                ),
                name="target_kind_of_communities",
                violation_error_message="只有以社区为测评单位的目标才能限定社区类型和人口下限。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["", "urban", "rural"])),
                name="target_kind_known",
                violation_error_message="请选择社区类型。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("urban_districts_only", False), ("level", "county"), _connector="OR"),
                name="target_urban_districts_of_counties",
                violation_error_message="只有以县（市、区）为测评单位的目标才能限定市辖区。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("per__in", ["", "100_households", "10000_residents"])),
                name="target_per_known",
                violation_error_message="请选择按总数、每百户还是每万人计算。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("aggregate__in", ["each", "mean", "coverage"])),
                name="target_aggregate_known",
                violation_error_message="请选择逐个达到、平均达到还是达到一定比例。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level", "community"), models.Q(("aggregate", "each"), ("per", "")), _connector="OR"
                ),
                name="target_ratio_of_communities",
                violation_error_message="只有以社区为测评单位的目标才能按户数、人口折算，或者按平均、比例汇总。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("aggregate", "coverage"),
                        ("coverage_at_least__gt", 0),
                        ("coverage_at_least__isnull", False),
                        ("coverage_at_least__lte", 100),
                    ),
                    models.Q(models.Q(("aggregate", "coverage"), _negated=True), ("coverage_at_least__isnull", True)),
                    _connector="OR",
                ),
                name="target_coverage_has_share",
                violation_error_message="按比例汇总的目标应写明比例下限（大于0，不超过100），其他目标不写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="computation",
            constraint=models.UniqueConstraint(
                fields=("period",), name="computation_once_per_period", violation_error_message="这个月已有测量。"
            ),
        ),
        migrations.AddConstraint(
            model_name="computation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "finished"), _negated=True), ("finished_at__isnull", False), _connector="OR"
                ),
                name="computation_finished_has_time",
                violation_error_message="已完成的测量应有完成时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetresult",
            constraint=models.UniqueConstraint(
                fields=("period", "target", "division"),
                name="result_once",
                violation_error_message="这个区划本月的这项目标已有结果。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetresult",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "judged",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(models.F("met"), "+", models.F("over")),
                                "+",
                                models.F("unmet"),
                            ),
                            "+",
                            models.F("unknown"),
                        ),
                    )
                ),
                name="result_adds_up",
                violation_error_message="参评数应等于达标、超出、未达标、未知之和。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetresult",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("verdict", ""), _negated=True), ("value__isnull", True), _connector="OR"),
                name="result_value_has_verdict",
                violation_error_message="有平均数或覆盖率的结果应有总体判定。",
            ),
        ),
    ]
