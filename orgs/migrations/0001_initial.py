import changzhi_portal.personal
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
            name="SocialOrganization",
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
                ("credit_code", models.CharField(blank=True, max_length=18, verbose_name="统一社会信用代码")),
                ("name", models.CharField(max_length=100, verbose_name="名称")),
                (
                    "name_key",
                    models.CharField(db_index=True, editable=False, max_length=100, verbose_name="比对用名称"),
                ),
                ("sort_key", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="拼音排序")),
                (
                    "registration",
                    models.CharField(
                        choices=[("registered", "登记"), ("filed", "街道备案"), ("guided", "社区指导")],
                        max_length=10,
                        verbose_name="管理方式",
                    ),
                ),
                (
                    "legal_form",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("association", "社会团体"),
                            ("private_non_enterprise", "民办非企业单位"),
                            ("service", "社会服务机构"),
                            ("foundation", "基金会"),
                        ],
                        max_length=24,
                        verbose_name="组织类型",
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("community_service", "社区服务类"),
                            ("charity", "公益慈善类"),
                            ("culture_sports", "文体活动类"),
                            ("mutual_aid", "邻里互助类"),
                            ("rural_technology", "农村生产技术服务类"),
                            ("other", "其他"),
                        ],
                        max_length=20,
                        verbose_name="类别",
                    ),
                ),
                ("established_on", models.DateField(verbose_name="成立日期")),
                ("dissolved_on", models.DateField(blank=True, null=True, verbose_name="注销日期")),
                ("leader", models.CharField(blank=True, max_length=50, verbose_name="负责人")),
                (
                    "phone",
                    changzhi_portal.personal.SealedField(blank=True, kind="phone", null=True, verbose_name="联系电话"),
                ),
                ("member_count", models.PositiveIntegerField(blank=True, null=True, verbose_name="成员人数")),
                ("is_social_work_agency", models.BooleanField(default=False, verbose_name="民办社工机构")),
                (
                    "hub_kind",
                    models.CharField(
                        blank=True,
                        choices=[("federation", "联合会"), ("promotion", "促进会")],
                        max_length=10,
                        verbose_name="枢纽型",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                (
                    "community",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="organizations",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        blank=True,
                        help_text="街道（乡镇）级或县级组织填写",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="organizations",
                        to="communities.division",
                        verbose_name="所属区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "社会组织",
                "verbose_name_plural": "社会组织",
                "ordering": ("sort_key", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("credit_code", ""), _negated=True),
                        fields=("credit_code",),
                        name="organization_credit_code_once",
                        violation_error_message="已有使用此统一社会信用代码的组织。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("community__isnull", False), ("credit_code", "")),
                        fields=("community", "name_key"),
                        name="organization_name_once_in_community",
                        violation_error_message="这个社区已有同名组织。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("credit_code", ""), ("division__isnull", False)),
                        fields=("division", "name_key"),
                        name="organization_name_once_in_division",
                        violation_error_message="本街道（乡镇）或县已有同名组织。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("community__isnull", False), ("division__isnull", True)),
                            models.Q(("community__isnull", True), ("division__isnull", False)),
                            _connector="OR",
                        ),
                        name="organization_in_one_place",
                        violation_error_message="组织应属于一个社区，或一个街道（乡镇）、县。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dissolved_on__isnull", True),
                            ("dissolved_on__gte", models.F("established_on")),
                            _connector="OR",
                        ),
                        name="organization_dissolves_after_start",
                        violation_error_code="date_order",
                        violation_error_message="注销日期早于成立日期，请核对。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("credit_code", ""), ("registration", "registered"), _negated=True),
                        name="registered_organization_has_credit_code",
                        violation_error_code="required",
                        violation_error_message="管理方式为“登记”的组织必须填统一社会信用代码。",
                    ),
                ],
            },
        ),
    ]
