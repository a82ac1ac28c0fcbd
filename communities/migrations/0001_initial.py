import changzhi_portal.records
import datetime
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Community",
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
                ("code", models.CharField(max_length=12, verbose_name="社区代码")),
                ("name", models.CharField(max_length=60, verbose_name="社区名称")),
                ("name_key", models.CharField(db_index=True, editable=False, max_length=60, verbose_name="比对用名称")),
                ("sort_key", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="拼音排序")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("urban", "城市社区"), ("rural", "农村社区")],
                        max_length=5,
                        verbose_name="类型",
                    ),
                ),
                (
                    "is_virtual",
                    models.BooleanField(default=False, help_text="名称含“虚拟”的保留但不参与测评", verbose_name="虚拟"),
                ),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="撤销日期")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
            ],
            options={
                "verbose_name": "社区",
                "verbose_name_plural": "社区",
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="CrosswalkRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("effective_on", models.DateField(verbose_name="生效日期")),
                ("from_code", models.CharField(blank=True, db_index=True, max_length=12, verbose_name="原社区代码")),
                ("from_name", models.CharField(blank=True, max_length=60, verbose_name="原社区名称")),
                ("to_code", models.CharField(blank=True, db_index=True, max_length=12, verbose_name="新社区代码")),
                ("to_name", models.CharField(blank=True, max_length=60, verbose_name="新社区名称")),
                (
                    "to_town_name",
                    models.CharField(
                        blank=True,
                        help_text="社区去往新设的街道（乡镇）时填写",
                        max_length=50,
                        verbose_name="新街道（乡镇）名称",
                    ),
                ),
            ],
            options={
                "verbose_name": "社区代码对照",
                "verbose_name_plural": "社区代码对照",
                "ordering": ("effective_on", "from_code", "to_code"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("from_code", ""), _negated=True),
                        fields=("effective_on", "from_code"),
                        name="crosswalk_from_once",
                        violation_error_message="同一天的对照表中，一个原社区代码只能出现一次。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("to_code", ""), _negated=True),
                        fields=("effective_on", "to_code"),
                        name="crosswalk_to_once",
                        violation_error_message="同一天的对照表中，一个新社区代码只能出现一次。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("from_code", ""), _negated=True), models.Q(("from_name", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("to_code", ""), _negated=True), models.Q(("to_name", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="crosswalk_says_something",
                        violation_error_message="对照表的一行应有原社区或新社区的代码和名称。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Division",
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
                (
                    "code",
                    models.CharField(
                        db_index=True, help_text="市、县6位，街道（乡镇）9位", max_length=9, verbose_name="代码"
                    ),
                ),
                ("name", models.CharField(max_length=50, verbose_name="名称")),
                ("name_key", models.CharField(editable=False, max_length=50, verbose_name="比对用名称")),
                ("sort_key", models.CharField(editable=False, max_length=120, verbose_name="拼音排序")),
                (
                    "level",
                    models.CharField(
                        choices=[("city", "市"), ("county", "县（市、区）"), ("town", "街道（乡镇）")],
                        max_length=6,
                        verbose_name="级别",
                    ),
                ),
                ("path", models.CharField(editable=False, max_length=120, unique=True, verbose_name="路径")),
                (
                    "is_urban_district",
                    models.BooleanField(default=False, help_text="“每个城区培育3—5家”中的城区", verbose_name="市辖区"),
                ),
                (
                    "is_statistical",
                    models.BooleanField(
                        default=False, help_text="如140471高新区，不是法定县级行政区", verbose_name="仅统计用"
                    ),
                ),
                ("valid_from", models.DateField(default=datetime.date(1949, 10, 1), verbose_name="起")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="止")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="communities.division",
                        verbose_name="上级",
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="predecessors",
                        to="communities.division",
                        verbose_name="承接的区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "行政区划",
                "verbose_name_plural": "行政区划",
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="CommunityPlacement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_index=True, max_length=12, verbose_name="社区代码")),
                ("name", models.CharField(max_length=60, verbose_name="社区名称")),
                ("name_key", models.CharField(db_index=True, editable=False, max_length=60, verbose_name="比对用名称")),
                ("valid_from", models.DateField(default=datetime.date(1949, 10, 1), verbose_name="起")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="止")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placements",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="placements",
                        to="communities.division",
                        verbose_name="街道（乡镇）",
                    ),
                ),
            ],
            options={
                "verbose_name": "社区归属",
                "verbose_name_plural": "社区归属",
                "ordering": ("community", "valid_from"),
            },
        ),
        migrations.AddField(
            model_name="community",
            name="town",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="communities",
                to="communities.division",
                verbose_name="街道（乡镇）",
            ),
        ),
        migrations.CreateModel(
            name="DivisionChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("merge", "合并"), ("rename", "更名"), ("recode", "代码变更"), ("split", "拆分")],
                        max_length=10,
                        verbose_name="变更",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("city", "市"), ("county", "县（市、区）"), ("town", "街道（乡镇）")],
                        max_length=6,
                        verbose_name="级别",
                    ),
                ),
                ("effective_on", models.DateField(verbose_name="生效日期")),
                ("from_code", models.CharField(max_length=9, verbose_name="原代码")),
                ("from_name", models.CharField(max_length=50, verbose_name="原名称")),
                ("to_code", models.CharField(max_length=9, verbose_name="新代码")),
                ("to_name", models.CharField(max_length=50, verbose_name="新名称")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                ("applied_at", models.DateTimeField(blank=True, null=True, verbose_name="应用时间")),
                (
                    "applied_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="应用人",
                    ),
                ),
            ],
            options={
                "verbose_name": "区划变更",
                "verbose_name_plural": "区划变更",
                "ordering": ("effective_on", "from_code"),
            },
        ),
        migrations.CreateModel(
            name="Facility",
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
                ("name", models.CharField(max_length=100, verbose_name="设施名称")),
                ("name_key", models.CharField(editable=False, max_length=100, verbose_name="比对用名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("integrated", "综合服务设施"),
                            ("activity", "活动场所"),
                            ("welfare", "公益性服务设施"),
                        ],
                        max_length=10,
                        verbose_name="设施类型",
                    ),
                ),
                ("area", models.DecimalField(decimal_places=2, max_digits=10, verbose_name="建筑面积（㎡）")),
                (
                    "activity_area",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="居民活动面积（㎡）"
                    ),
                ),
                (
                    "construction_mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "筹资新建"),
                            ("developer", "开发配建"),
                            ("purchase", "政府购买"),
                            ("donated", "驻区单位援助"),
                            ("reallocated", "调剂置换"),
                        ],
                        max_length=12,
                        verbose_name="建设方式",
                    ),
                ),
                (
                    "tenure",
                    models.CharField(
                        blank=True,
                        choices=[("owned", "自有"), ("leased", "租赁"), ("borrowed", "借用"), ("shared", "共建")],
                        max_length=10,
                        verbose_name="产权",
                    ),
                ),
                ("functions", models.JSONField(blank=True, default=list, verbose_name="功能")),
                ("opened_on", models.DateField(verbose_name="启用日期")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="停用日期")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="facilities",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "服务设施",
                "verbose_name_plural": "服务设施",
                "ordering": ("community__code", "name"),
            },
        ),
        migrations.CreateModel(
            name="GovernanceBody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("party", "社区党组织"),
                            ("committee", "居（村）民委员会"),
                            ("supervision", "居（村）务监督委员会"),
                            ("mass", "群团组织"),
                            ("economic", "集体经济组织"),
                            ("groups", "居（村）民小组"),
                            ("representatives", "居（村）民代表"),
                        ],
                        max_length=16,
                        verbose_name="组织",
                    ),
                ),
                ("exists", models.BooleanField(blank=True, null=True, verbose_name="是否建立")),
                ("number", models.PositiveIntegerField(blank=True, null=True, verbose_name="数量")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bodies",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "社区组织体系",
                "verbose_name_plural": "社区组织体系",
                "ordering": ("community", "id"),
            },
        ),
        migrations.CreateModel(
            name="CommunityProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField(verbose_name="数据日期")),
                ("households", models.PositiveIntegerField(blank=True, null=True, verbose_name="户数")),
                ("residents", models.PositiveIntegerField(blank=True, null=True, verbose_name="常住人口")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profiles",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "社区概况",
                "verbose_name_plural": "社区概况",
                "ordering": ("community", "-as_of"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("community", "as_of"),
                        name="profile_once_a_day",
                        violation_error_message="这个社区这一天已有概况数据。",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="division",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("code",),
                name="division_code_once",
                violation_error_message="已有使用此代码的行政区划。",
            ),
        ),
        migrations.AddConstraint(
            model_name="division",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("parent", "name"),
                name="division_name_once_in_parent",
                violation_error_message="同一上级下已有同名的行政区划。",
            ),
        ),
        migrations.AddConstraint(
            model_name="division",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="division_ends_after_start",
                violation_error_message="撤销日期应晚于设立日期。",
            ),
        ),
        migrations.AddConstraint(
            model_name="division",
            constraint=models.CheckConstraint(
                condition=models.Q(("successor__isnull", True), ("valid_to__isnull", False), _connector="OR"),
                name="division_successor_when_closed",
                violation_error_message="只有已撤销的行政区划才有承接的区划。",
            ),
        ),
        migrations.AddConstraint(
            model_name="division",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level", "city"), ("parent__isnull", True)),
                    models.Q(models.Q(("level", "city"), _negated=True), ("parent__isnull", False)),
                    _connector="OR",
                ),
                name="division_has_parent",
                violation_error_message="县、乡镇应有上级，市没有上级。",
            ),
        ),
        migrations.AddConstraint(
            model_name="communityplacement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("community",),
                name="placement_open_once",
                violation_error_message="一个社区同一时间只能有一个归属。",
            ),
        ),
        migrations.AddConstraint(
            model_name="communityplacement",
            constraint=models.UniqueConstraint(
                fields=("community", "valid_from"),
                name="placement_starts_once",
                violation_error_message="社区在这一天已有归属。",
            ),
        ),
        migrations.AddConstraint(
            model_name="communityplacement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("code",),
                name="placement_code_once",
                violation_error_message="已有使用此代码的社区。",
            ),
        ),
        migrations.AddConstraint(
            model_name="communityplacement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="placement_ends_after_start",
                violation_error_message="归属的止日应晚于起日。",
            ),
        ),
        migrations.AddConstraint(
            model_name="community",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True)),
                fields=("code",),
                name="community_code_once",
                violation_error_message="已有使用此代码的社区。",
            ),
        ),
        migrations.AddConstraint(
            model_name="community",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True)),
                fields=("town", "name"),
                name="community_name_once_in_town",
                violation_error_message="同一街道（乡镇）内已有同名社区。",
            ),
        ),
        migrations.AddConstraint(
            model_name="divisionchange",
            constraint=models.UniqueConstraint(
                fields=("effective_on", "from_code", "to_code"),
                name="division_change_once",
                violation_error_message="这一区划变更已登记。",
            ),
        ),
        migrations.AddConstraint(
            model_name="divisionchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("applied_at__isnull", True), ("applied_by__isnull", True)),
                    models.Q(("applied_at__isnull", False), ("applied_by__isnull", False)),
                    _connector="OR",
                ),
                name="division_change_applied_at_and_by",
                violation_error_message="应用时间和应用人应同时填写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.UniqueConstraint(
                fields=("community", "name_key"),
                name="facility_name_once_in_community",
                violation_error_message="这个社区已有同名设施。",
            ),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("area__gte", 0),
                    models.Q(("activity_area__isnull", True), ("activity_area__gte", 0), _connector="OR"),
                ),
                name="facility_area_not_negative",
                violation_error_message="面积不能是负数。",
            ),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                ),
                name="facility_closes_after_opening",
                violation_error_code="date_order",
                violation_error_message="停用日期早于启用日期，请核对。",
            ),
        ),
        migrations.AddConstraint(
            model_name="governancebody",
            constraint=models.UniqueConstraint(
                fields=("community", "kind"),
                name="governance_body_once",
                violation_error_message="这个社区的这类组织已登记。",
            ),
        ),
        migrations.AddConstraint(
            model_name="governancebody",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("exists__isnull", True), ("kind__in", ("groups", "representatives"))),
                    models.Q(
                        models.Q(("kind__in", ("groups", "representatives")), _negated=True), ("number__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="governance_body_exists_or_number",
                violation_error_message="小组、代表填数量，其他组织填是否建立。",
            ),
        ),
    ]
