import changzhi_portal.records
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("communities", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProjectCommunity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "项目服务社区",
                "verbose_name_plural": "项目服务社区",
            },
        ),
        migrations.CreateModel(
            name="ServiceProject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(
                        default=changzhi_portal.records.new_ref,
                        editable=False,
                        max_length=13,
                        unique=True,
                        verbose_name="记录编号",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版本")),
                ("number", models.CharField(max_length=40, verbose_name="项目编号")),
                ("name", models.CharField(max_length=200, verbose_name="项目名称")),
                ("buyer", models.CharField(max_length=100, verbose_name="购买主体")),
                ("provider_name", models.CharField(max_length=100, verbose_name="承接主体")),
                ("provider_credit_code", models.CharField(blank=True, max_length=18, verbose_name="承接主体信用代码")),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("culture", "社区文化"),
                            ("sports", "社区体育"),
                            ("relief", "社会救助"),
                            ("elderly", "社区养老"),
                            ("correction", "社区矫正"),
                            ("other", "其他"),
                        ],
                        max_length=12,
                        verbose_name="服务领域",
                    ),
                ),
                (
                    "beneficiaries",
                    models.CharField(
                        choices=[
                            ("migrants", "城市流动人口"),
                            ("left_behind", "农村留守人员"),
                            ("needy", "困难群众"),
                            ("special", "特殊人群"),
                            ("all", "全体居民"),
                        ],
                        max_length=12,
                        verbose_name="服务对象",
                    ),
                ),
                (
                    "purchase_method",
                    models.CharField(
                        choices=[
                            ("open_tender", "公开招标"),
                            ("invited_tender", "邀请招标"),
                            ("negotiation", "竞争性谈判"),
                            ("consultation", "竞争性磋商"),
                            ("single_source", "单一来源"),
                            ("inquiry", "询价"),
                            ("framework", "框架协议"),
                            ("venture", "公益创投"),
                            ("own", "自行采购"),
                        ],
                        max_length=16,
                        verbose_name="购买方式",
                    ),
                ),
                (
                    "funding_source",
                    models.CharField(
                        choices=[
                            ("general_budget", "一般公共预算"),
                            ("lottery", "福彩公益金"),
                            ("charity", "慈善资金"),
                            ("resident_unit", "驻区单位"),
                            ("donation", "社会捐赠"),
                            ("other", "其他"),
                        ],
                        max_length=16,
                        verbose_name="资金来源",
                    ),
                ),
                ("budget", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="预算金额（元）")),
                (
                    "contract_amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="合同金额（元）"
                    ),
                ),
                (
                    "paid",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="已拨付（元）"
                    ),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="签订日期")),
                ("starts_on", models.DateField(verbose_name="开始日期")),
                ("ends_on", models.DateField(verbose_name="结束日期")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "拟购买"),
                            ("procuring", "采购中"),
                            ("performing", "履约中"),
                            ("accepted", "已验收"),
                            ("terminated", "已终止"),
                        ],
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                (
                    "grade",
                    models.CharField(
                        blank=True,
                        choices=[("excellent", "优"), ("good", "良"), ("fair", "中"), ("poor", "差")],
                        max_length=10,
                        verbose_name="绩效等级",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                (
                    "communities",
                    models.ManyToManyField(
                        related_name="projects",
                        through="services.ProjectCommunity",
                        to="communities.community",
                        verbose_name="服务社区",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="communities.division",
                        verbose_name="所属区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "购买服务项目",
                "verbose_name_plural": "购买服务项目",
                "ordering": ("number", "id"),
            },
        ),
        migrations.AddField(
            model_name="projectcommunity",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="services.serviceproject",
                verbose_name="项目",
            ),
        ),
        migrations.CreateModel(
            name="CatalogueItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(
                        default=changzhi_portal.records.new_ref,
                        editable=False,
                        max_length=13,
                        unique=True,
                        verbose_name="记录编号",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版本")),
                ("code", models.CharField(max_length=30, verbose_name="编号")),
                ("name", models.CharField(max_length=100, verbose_name="服务事项")),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("culture", "社区文化"),
                            ("sports", "社区体育"),
                            ("relief", "社会救助"),
                            ("elderly", "社区养老"),
                            ("correction", "社区矫正"),
                            ("other", "其他"),
                        ],
                        max_length=12,
                        verbose_name="服务领域",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="起")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="止")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="catalogue",
                        to="communities.division",
                        verbose_name="所属区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "购买清单",
                "verbose_name_plural": "购买清单",
                "ordering": ("code",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("division", "code"),
                        name="catalogue_code_once",
                        violation_error_message="清单中已有此编号。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="catalogue_ends_after_start",
                        violation_error_message="止日不能早于起日。",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="serviceproject",
            constraint=models.UniqueConstraint(
                fields=("division", "number"),
                name="project_number_once_in_division",
                violation_error_message="本单位已有此项目编号。",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceproject",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("budget__gte", 0),
                    models.Q(("contract_amount__isnull", True), ("contract_amount__gte", 0), _connector="OR"),
                    models.Q(("paid__isnull", True), ("paid__gte", 0), _connector="OR"),
                ),
                name="project_money_not_negative",
                violation_error_message="金额不能是负数。",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceproject",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                name="project_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="结束日期早于开始日期，请核对。",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectcommunity",
            constraint=models.UniqueConstraint(
                fields=("project", "community"),
                name="project_serves_community_once",
                violation_error_message="项目已列出这个社区。",
            ),
        ),
    ]
